"""The summary: for each step its output, parameters, FLOPs and memory, symbolic and without torch.

`summarise(checked)` gives a `Summary`; its text is the table that `netspec summary` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.graph.ir import Graph, Node
from netspec.pipeline import Checked
from netspec.shapes.costs import cost, counts, total, typical_sizes
from netspec.shapes.dims import ZERO, Dim
from netspec.shapes.infer import Shapes
from netspec.shapes.values import ListOf, Tensor, TupleOf, Value, shape_text
from netspec.views.table import table


@dataclass(frozen=True, slots=True)
class Row:
    """One step. `flops` is None where no shape is known; `memory` is the result's size in bytes
    (0 for a view or an in-place step); `parameters` counts a layer at its first call only."""

    step: str
    op: str
    output: str
    parameters: int
    flops: Dim | None
    memory: Dim | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The rows in order, and the totals. `typical` are the sizes that the totals' last line takes:
    declared typical sizes, and 1 for all others."""

    name: str
    rows: tuple[Row, ...]
    inputs: tuple[tuple[str, str], ...]
    parameters: int
    buffers: int
    typical: Mapping[str, int]

    @property
    def flops(self) -> Dim | None:
        return total(row.flops for row in self.rows)

    @property
    def memory(self) -> Dim | None:
        return total(row.memory for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data; formulas as text."""
        return {
            "format_version": 1,
            "name": self.name,
            "inputs": dict(self.inputs),
            "rows": [
                {
                    "step": row.step,
                    "op": row.op,
                    "output": row.output,
                    "parameters": row.parameters,
                    "flops": None if row.flops is None else str(row.flops),
                    "memory_bytes": None if row.memory is None else str(row.memory),
                }
                for row in self.rows
            ],
            "total": {
                "parameters": self.parameters,
                "buffers": self.buffers,
                "flops": None if self.flops is None else str(self.flops),
                "activation_bytes": None if self.memory is None else str(self.memory),
            },
        }

    def __str__(self) -> str:
        head = ("step", "op", "output", "parameters", "FLOPs", "activations")
        inputs = [(name, "input", shape, "", "", "") for name, shape in self.inputs]
        rows = [
            (
                r.step,
                r.op,
                r.output,
                f"{r.parameters:,}" if r.parameters else "-",
                _amount(r.flops),
                _bytes(r.memory),
            )
            for r in self.rows
        ]
        total = ("total", "", "", f"{self.parameters:,}", _amount(self.flops), _bytes(self.memory))
        lines = [table(head, [*inputs, *rows], total, right=(3, 4, 5)), ""]
        lines += [f"parameters: {self.parameters:,} ({_size(4 * self.parameters)} as float32)"]
        if self.buffers:
            lines.append(f"buffers: {self.buffers:,} values")
        if self.flops is not None and self.memory is not None:
            sizes = ", ".join(f"{name} = {size}" for name, size in sorted(self.typical.items()))
            where = f"for {sizes}: " if sizes else ""
            count, memory = self.flops.evaluate(self.typical), self.memory.evaluate(self.typical)
            lines.append(f"{where}{_scaled(count, 1000)}FLOPs, {_size(memory)} of activations")
        lines.append("FLOPs: two for each multiply-add of matrix products, convolutions and attention")
        return "\n".join(lines)


def summarise(checked: Checked) -> Summary:
    """The summary of a spec without errors."""
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    owned = counts(graph, shapes)
    seen: set[tuple[str, ...]] = set()
    rows = []
    for node in graph.calls:
        parameters = 0
        if node.module is not None and node.module not in seen:
            seen.add(node.module)
            parameters = owned.parameters.get(node.module, 0)
        rows.append(_row(node, graph, shapes, parameters))
    inputs = tuple((each.name, str(shapes.of(each.value)).removeprefix("float32 ")) for each in graph.inputs)
    return Summary(
        name=graph.name,
        rows=tuple(rows),
        inputs=inputs,
        parameters=sum(owned.parameters.values()),
        buffers=sum(owned.buffers.values()),
        typical=typical_sizes(graph),
    )


def _row(node: Node, graph: Graph, shapes: Shapes, parameters: int) -> Row:
    assert node.op is not None
    numbers = node.results.flat
    results = [shapes.of(number) for number in numbers]
    whole = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
    named = next((graph.values[n].name for n in numbers if graph.values[n].name), None)
    name = ".".join(node.module) if node.module is not None else node.name
    step = name if named is None or node.results.unpack else f"{name} as {named}"
    spent = cost(node, shapes)
    return Row(step, node.op.name, _output(whole), parameters, spent.flops, spent.memory)


def _output(value: Value) -> str:
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return shape_text(shape) if dtype == "float32" else f"{dtype} {shape_text(shape)}"
        case TupleOf(items=items) | ListOf(items=items):
            return ", ".join(_output(item) for item in items)
    return str(value)


def _amount(count: Dim | None) -> str:
    if count is None:
        return "?"
    if count == ZERO:
        return "-"
    return f"{count.value:,}" if count.value is not None else _grouped(str(count))


def _grouped(formula: str) -> str:
    """Thousands separators in a formula: `778752*N` as `778,752*N`."""
    return "".join(f"{int(part):,}" if part.isdecimal() else part for part in _tokens(formula))


def _tokens(formula: str) -> Iterator[str]:
    word = ""
    for char in formula:
        if word and char.isdecimal() != word.isdecimal():
            yield word
            word = ""
        word += char
    yield word


def _bytes(count: Dim | None) -> str:
    if count is None or count == ZERO:
        return _amount(count)
    return _size(count.value) if count.value is not None else f"{_grouped(str(count))} B"


def _size(count: int) -> str:
    return f"{_scaled(count, 1024)}B"


def _scaled(count: int, base: int) -> str:
    """A number with a unit prefix: `24.0 M`, `4.6 Mi`."""
    prefixes = ("", "k", "M", "G", "T", "P") if base == 1000 else ("", "Ki", "Mi", "Gi", "Ti", "Pi")
    amount = float(count)
    for prefix in prefixes[:-1]:
        if amount < base:
            return f"{amount:.1f} {prefix}" if prefix else f"{count} "
        amount /= base
    return f"{amount:.1f} {prefixes[-1]}"
