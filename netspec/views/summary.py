"""The summary: for each step its output, parameters, FLOPs and memory, symbolic and without torch.

`summarise(checked)` gives a `Summary`; its text is the table that `netspec summary` prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.catalog.registered import is_registered
from netspec.diagnostics import Collector
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph, Node
from netspec.pipeline import Checked
from netspec.shapes.costs import cost, counts, total, typical_sizes
from netspec.shapes.dims import Dim, dim, shown
from netspec.shapes.infer import Shapes, infer
from netspec.shapes.memory import Memory, Peak, memory
from netspec.shapes.saved import BYTES
from netspec.shapes.values import TupleOf
from netspec.views.amounts import amount, bytes_text, scaled, size
from netspec.views.spelling import output_text
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
    """The rows in order, and the totals. `typical` are the sizes that the totals' last lines take:
    declared typical sizes, and 1 for all others. `kept` and `peak` are bytes as `shapes.memory` counts
    them: what training keeps for backward (None where an op of `unknown` has a part in it), and the most
    that inference holds at once; parameters come on top of both. `uncounted` are the layers of applications,
    whose parameters nobody but they know."""

    name: str
    rows: tuple[Row, ...]
    inputs: tuple[tuple[str, str], ...]
    parameters: int
    buffers: int
    typical: Mapping[str, int]
    kept: Dim | None
    peak: Peak | None
    unknown: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()

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
                "uncounted": list(self.uncounted),
                "buffers": self.buffers,
                "flops": None if self.flops is None else str(self.flops),
                "activation_bytes": None if self.memory is None else str(self.memory),
                "parameter_bytes": {dtype: BYTES[dtype] * self.parameters for dtype in _WEIGHTS},
                "training_bytes": None if self.kept is None else str(self.kept),
                "inference_bytes": None if self.peak is None else str(self.peak.at(self.typical)),
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
                self._shown(r.flops, amount),
                self._shown(r.memory, bytes_text),
            )
            for r in self.rows
        ]
        costs = self._shown(self.flops, amount), self._shown(self.memory, bytes_text)
        total = ("total", "", "", f"{self.parameters:,}", *costs)
        lines = [table(head, [*inputs, *rows], total, right=(3, 4, 5)), ""]
        sizes = ", ".join(f"{size(BYTES[dtype] * self.parameters)} as {dtype}" for dtype in _WEIGHTS)
        lines += [f"parameters: {self.parameters:,} ({sizes})"]
        if self.uncounted:
            lines.append(f"not counted: what {', '.join(self.uncounted)} of an application may hold")
        if self.buffers:
            lines.append(f"buffers: {self.buffers:,} values")
        if self.flops is not None and self.memory is not None:
            sizes = ", ".join(
                f"{name} = {each}" for name, each in sorted(self.typical.items()) if shown(name) != "_"
            )
            where = f"for {sizes}: " if sizes else ""
            count, memory = self.flops.evaluate(self.typical), self.memory.evaluate(self.typical)
            lines.append(f"{where}{scaled(count, 1000)}FLOPs, {size(memory)} of activations")
        lines.append(self._memory_text())
        lines.append("FLOPs: two for each multiply-add of matrix products, convolutions and attention")
        if "~" in lines[0]:
            lines.append("~: the value for these sizes, where the formula is long")
        return "\n".join(lines)

    def _shown(self, count: Dim | None, spell: Callable[[Dim | None], str]) -> str:
        """A count as a formula; where that is too long to read, its value for the typical sizes."""
        text = spell(count)
        if count is None or len(text) <= _WIDEST:
            return text
        return f"~{spell(dim(count.evaluate(self.typical)))}"

    def _memory_text(self) -> str:
        """What training keeps and inference holds, for the typical sizes."""
        if self.kept is not None:
            training = f"training keeps {size(self.kept.evaluate(self.typical))} for backward"
        else:
            training = f"what training keeps is not known ({', '.join(self.unknown) or 'a size is unknown'})"
        if self.peak is None:
            return training
        return f"{training}; inference holds at most {size(self.peak.evaluate(self.typical))} at once"


_WIDEST = 60  # characters of a formula
_WEIGHTS = ("float32", "bfloat16")
"""The dtypes that the size of the parameters is told for."""


def summarise(checked: Checked) -> Summary:
    """The summary of a spec without errors."""
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    owned = counts(graph, shapes)
    kept = memory(graph, shapes)
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
        kept=kept.kept,
        peak=_inference(checked, graph, shapes).peak,
        unknown=kept.unknown,
        uncounted=tuple(sorted(_registered(graph))),
    )


def _registered(graph: Graph) -> set[str]:
    return {each.op.name for each in graph.leaves.values() if each.op and is_registered(each.op.name)}


def _inference(checked: Checked, graph: Graph, shapes: Shapes) -> Memory:
    """The memory of evaluation, whose graph may be another."""
    assert checked.program is not None
    if any(module.has_modes for module in checked.program.modules):
        graph = elaborate(checked.program, checked.params or {}, Collector(), training=False)
        shapes = infer(graph, Collector())
    return memory(graph, shapes, training=False)


def _row(node: Node, graph: Graph, shapes: Shapes, parameters: int) -> Row:
    assert node.op is not None
    numbers = node.results.flat
    results = [shapes.of(number) for number in numbers]
    whole = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
    named = next((graph.values[n].name for n in numbers if graph.values[n].name), None)
    name = ".".join(node.module) if node.module is not None else node.name
    step = name if named is None or node.results.unpack else f"{name} as {named}"
    spent = cost(node, shapes)
    return Row(step, node.op.name, output_text(whole), parameters, spent.flops, spent.memory)
