"""The summary: for each step its output, parameters, FLOPs and memory, symbolic and without torch.

`summarise(checked)` gives a `Summary`; its text is the table that `netspec summary` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.catalog.registered import is_registered
from netspec.diagnostics import Collector
from netspec.errors import NetspecError
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph, GraphInput, Node, Own
from netspec.pipeline import Checked
from netspec.shapes.costs import Counts, cost, counts, total, typical_sizes
from netspec.shapes.dims import ZERO, Dim, product, shown
from netspec.shapes.infer import Shapes, infer
from netspec.shapes.memory import Memory, Peak, memory
from netspec.shapes.saved import BYTES
from netspec.shapes.values import UNKNOWN, Tensor, TupleOf, Value
from netspec.views.outline import Path, Section, outline
from netspec.views.spelling import output_text


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
class Part:
    """An input, a step, a parameter of a module's own, or a block or container with the `parts` in it; `name`
    is told from what is around it. Its `output` is the last result, its amounts are sums."""

    name: str
    op: str
    output: Value
    parameters: int
    flops: Dim | None
    memory: Dim | None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The rows in order, and the totals. `typical` are the sizes that the totals' last lines take:
    declared typical sizes, and 1 for all others. `kept` and `peak` are bytes as `shapes.memory` counts
    them: what training keeps for backward (None where an op of `unknown` has a part in it), and the most
    that inference holds at once; parameters come on top of both. `uncounted` are the layers of applications,
    whose parameters nobody but they know. `parts` are the inputs and the rows as the modules nest them,
    `batch` is the name of the first size of the first input; `given` says that the sizes were asked for."""

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
    parts: tuple[Part, ...] = ()
    batch: str | None = None
    given: bool = False

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
            "blocks": [
                {
                    "path": path,
                    "class": part.op,
                    "output": output_text(part.output),
                    "parameters": part.parameters,
                    "flops": None if part.flops is None else str(part.flops),
                    "memory_bytes": None if part.memory is None else str(part.memory),
                }
                for path, part in _blocks(self.parts, "")
            ],
            "total": {
                "parameters": self.parameters,
                "uncounted": list(self.uncounted),
                "buffers": self.buffers,
                "flops": None if self.flops is None else str(self.flops),
                "activation_bytes": None if self.memory is None else str(self.memory),
                "parameter_bytes": {dtype: BYTES[dtype] * self.parameters for dtype in WEIGHTS},
                "training_bytes": None if self.kept is None else str(self.kept),
                "inference_bytes": None if self.peak is None else str(self.peak.at(self.typical)),
            },
            "sizes": {name: size for name, size in sorted(self.typical.items()) if shown(name) != "_"},
            "at_sizes": {
                "flops": self._at_sizes(self.flops),
                "activation_bytes": self._at_sizes(self.memory),
                "training_bytes": self._at_sizes(self.kept),
                "inference_bytes": None if self.peak is None else self.peak.evaluate(self.typical),
            },
        }

    def _at_sizes(self, count: Dim | None) -> int | None:
        return None if count is None else count.evaluate(self.typical)

    def at(self, **sizes: int) -> Summary:
        """The same, told for these sizes in place of the typical ones; NetspecError for a name that no
        size of the inputs has."""
        for name in sizes:
            if name not in self.typical:
                known = ", ".join(sorted(each for each in self.typical if shown(each) != "_"))
                raise NetspecError(f"no size is called `{name}` here; named sizes: {known or 'none'}")
        return replace(self, typical={**self.typical, **sizes}, given=True)

    def at_batch(self, batch: int) -> Summary:
        """The same with amounts for a batch of so many; NetspecError where the batch's size has no name."""
        if self.batch is None:
            raise NetspecError(
                "the first size of the first input has no name, so that it is no batch of any size"
            )
        return self.at(**{self.batch: batch})

    def text(self, *, depth: int | None = None, width: int | None = None) -> str:
        """The table with blocks down to a depth (None: every step). Where it is wider than `width` columns,
        amounts for the typical sizes take the place of formulas."""
        from netspec.views.summary_table import as_text

        return as_text(self, depth, width)

    def markdown(self, *, depth: int | None = None) -> str:
        from netspec.views.summary_table import as_markdown

        return as_markdown(self, depth)

    def html(self, *, depth: int | None = None) -> str:
        """One page, which needs nothing beside it."""
        from netspec.views.summary_table import as_page

        return as_page(self, depth)

    def _repr_html_(self) -> str:
        from netspec.views.summary_table import as_fragment

        return as_fragment(self, None)

    def __str__(self) -> str:
        return self.text()


WEIGHTS = ("float32", "bfloat16")
"""The dtypes that the size of the parameters is told for."""


def _blocks(parts: tuple[Part, ...], above: str) -> Iterator[tuple[str, Part]]:
    """The parts that have parts, each with its path."""
    for part in parts:
        if part.parts:
            yield above + part.name, part
            yield from _blocks(part.parts, f"{above}{part.name}.")


def summarise(checked: Checked) -> Summary:
    """The summary of a spec without errors."""
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    kept = memory(graph, shapes)
    builder = _Parts(graph, shapes, counts(graph, shapes))
    parts = (*map(builder.input, graph.inputs), *builder.parts(outline(graph), ()))
    inputs = tuple((each.name, str(shapes.of(each.value)).removeprefix("float32 ")) for each in graph.inputs)
    return Summary(
        name=graph.name,
        rows=tuple(builder.rows),
        inputs=inputs,
        parameters=sum(builder.owned.parameters.values()),
        buffers=sum(builder.owned.buffers.values()),
        typical=typical_sizes(graph),
        kept=kept.kept,
        peak=_inference(checked, graph, shapes).peak,
        unknown=kept.unknown,
        uncounted=tuple(sorted(_registered(graph))),
        parts=parts,
        batch=_batch(graph),
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


def _batch(graph: Graph) -> str | None:
    """The name of the first size of the first input."""
    shape = graph.inputs[0].shape if graph.inputs else None
    names = [each.name for each in shape[0].symbols] if shape else []
    return names[0] if len(names) == 1 and shape and str(shape[0]) == names[0] else None


@dataclass(slots=True)
class _Parts:
    """Makes the rows, and the parts that hold them. Parameters count where they are met first."""

    graph: Graph
    shapes: Shapes
    owned: Counts
    rows: list[Row] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def input(self, given: GraphInput) -> Part:
        return Part(given.name, "input", self.shapes.of(given.value), 0, ZERO, ZERO)

    def parts(self, section: Section, above: Path) -> Iterator[Part]:
        for item in section.items:
            match item:
                case Section():
                    yield self._section(item, above)
                case Node():
                    yield self._step(item, above)
                case Own(kind="parameter"):
                    yield self._tensor(item, above)

    def _section(self, section: Section, above: Path) -> Part:
        parts = tuple(self.parts(section, section.module.path))
        return Part(
            _name(section.module.path, above),
            section.module.class_name,
            next((part.output for part in reversed(parts) if part.op != "parameter"), UNKNOWN),
            sum(part.parameters for part in parts),
            total(part.flops for part in parts),
            total(part.memory for part in parts),
            parts,
        )

    def _tensor(self, own: Own, above: Path) -> Part:
        value = self.shapes.of(own.value)
        first = (*own.module, own.tensor) not in self.seen
        self.seen.add((*own.module, own.tensor))
        shape = value.shape if isinstance(value, Tensor) else None
        count = product(shape).value or 0 if shape is not None and first else 0
        return Part(_name((*own.module, own.tensor), above), "parameter", value, count, ZERO, ZERO)

    def _step(self, node: Node, above: Path) -> Part:
        assert node.op is not None
        parameters = 0
        if node.module is not None and node.module not in self.seen:
            self.seen.add(node.module)
            parameters = self.owned.parameters.get(node.module, 0)
        numbers = node.results.flat
        results = [self.shapes.of(number) for number in numbers]
        whole = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
        named = next((self.graph.values[n].name for n in numbers if self.graph.values[n].name), None)
        suffix = "" if named is None or node.results.unpack else f" as {named}"
        spent = cost(node, self.shapes)
        full = node.name if node.module is None else ".".join(node.module)
        short = node.name if node.module is None else _name(node.module, above)
        op = node.op.name
        self.rows.append(Row(full + suffix, op, output_text(whole), parameters, spent.flops, spent.memory))
        return Part(short + suffix, op, whole, parameters, spent.flops, spent.memory)


def _name(path: Path, above: Path) -> str:
    return ".".join(path[len(above) :] if path[: len(above)] == above else path)
