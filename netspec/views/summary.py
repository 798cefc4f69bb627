"""The summary: for each step its output, parameters, FLOPs and memory, symbolic and without torch.

`summarise(checked)` gives a `Summary`; its text is the table that `netspec summary` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.graph.ir import Graph, Node, Own, ValueList, ValueNumber
from netspec.pipeline import Checked
from netspec.shapes.dims import ZERO, Dim, product
from netspec.shapes.flops import flops
from netspec.shapes.infer import Shapes
from netspec.shapes.parts import PARTS
from netspec.shapes.values import ListOf, Tensor, TupleOf, Value, shape_text
from netspec.shapes.weights import tensors
from netspec.views.table import table

BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint8": 1, "bool": 1, "complex64": 8, "complex128": 16,
}  # fmt: skip
# Ops whose result shares the memory of their input.
VIEWS = frozenset(
    """flatten view reshape permute transpose squeeze unsqueeze unflatten expand t chunk split unbind narrow
    select movedim swapaxes swapdims view_as expand_as Flatten Unflatten Identity""".split()
)


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
        return _total(row.flops for row in self.rows)

    @property
    def memory(self) -> Dim | None:
        return _total(row.memory for row in self.rows)

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
    counts = {
        path: _owned(module.op.name, shapes.settings[path])
        for path, module in graph.leaves.items()
        if module.op
    }
    own = _own(graph)
    seen: set[tuple[str, ...]] = set()
    rows = []
    for node in graph.calls:
        parameters = 0
        if node.module is not None and node.module not in seen:
            seen.add(node.module)
            parameters = counts[node.module][0]
        rows.append(_row(node, graph, shapes, parameters))
    inputs = tuple((each.name, str(shapes.of(each.value)).removeprefix("float32 ")) for each in graph.inputs)
    return Summary(
        name=graph.name,
        rows=tuple(rows),
        inputs=inputs,
        parameters=sum(parameters for parameters, _ in counts.values()) + own["parameter"],
        buffers=sum(buffers for _, buffers in counts.values()) + own["buffer"],
        typical=_typical(graph),
    )


def _owned(op: str, settings: Mapping[str, Any]) -> tuple[int, int]:
    """The numbers of values in a layer's parameters and in its buffers."""
    sizes = {"parameter": 0, "buffer": 0}
    for each in tensors(op, settings):
        sizes[each.kind] += product(each.shape or ()).value or 0
    return sizes["parameter"], sizes["buffer"]


def _own(graph: Graph) -> dict[str, int]:
    """The numbers of values in the parameters and buffers that modules own themselves."""
    found = {(node.module, node.tensor): node for node in graph.nodes if isinstance(node, Own)}
    sizes = {"parameter": 0, "buffer": 0}
    for node in found.values():
        sizes[node.kind] += product(node.shape or ()).value or 0
    return sizes


def _row(node: Node, graph: Graph, shapes: Shapes, parameters: int) -> Row:
    assert node.op is not None
    settings = shapes.settings.get(node.module, {}) if node.module is not None else {}
    inputs = {name: _value(argument, shapes) for name, argument in node.arguments.items()}
    numbers = node.results.flat
    results = [shapes.of(number) for number in numbers]
    whole = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
    named = next((graph.values[n].name for n in numbers if graph.values[n].name), None)
    name = ".".join(node.module) if node.module is not None else node.name
    step = name if named is None or node.results.unpack else f"{name} as {named}"
    count = flops(node.op.name, settings, inputs, results[0]) if results else ZERO
    # In a module made of others, only a part works in place.
    inplace = node.op.name not in PARTS and True in (settings.get("inplace"), inputs.get("inplace"))
    shared = node.op.name in VIEWS or node.op.mutates or inplace
    memory = ZERO if shared else _memory(whole)
    return Row(step, node.op.name, _output(whole), parameters, count, memory)


def _value(argument: Any, shapes: Shapes) -> Any:
    match argument:
        case ValueNumber(value=number):
            return shapes.of(number)
        case ValueList(items=items):
            return ListOf(tuple(_value(item, shapes) for item in items))
    return argument


def _output(value: Value) -> str:
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return shape_text(shape) if dtype == "float32" else f"{dtype} {shape_text(shape)}"
        case TupleOf(items=items) | ListOf(items=items):
            return ", ".join(_output(item) for item in items)
    return str(value)


def _memory(value: Value) -> Dim | None:
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return None if shape is None or dtype is None else product(shape) * BYTES.get(dtype, 4)
        case TupleOf(items=items) | ListOf(items=items):
            return _total(_memory(item) for item in items)
    return ZERO


def _total(counts: Iterator[Dim | None]) -> Dim | None:
    total = ZERO
    for count in counts:
        if count is None:
            return None
        total = total + count
    return total


def _typical(graph: Graph) -> dict[str, int]:
    declared = {name: size for each in graph.inputs for name, size in each.typical.items()}
    names = {s.name for each in graph.inputs for size in each.shape or () for s in size.symbols}
    return {name: declared.get(name, 1) for name in names}


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
