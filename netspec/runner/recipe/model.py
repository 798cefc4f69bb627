"""What a recipe needs to know of its model: what goes in, what comes out, and which op made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Span
from netspec.graph.ir import Graph, Leave, Node
from netspec.graph.verify import used
from netspec.lints.flow import NORMS
from netspec.pipeline import Checked
from netspec.resolve.program import FAULTY
from netspec.shapes.dims import Dim, product
from netspec.shapes.values import Tensor, Unknown, Value


@dataclass(frozen=True, slots=True)
class InputFacts:
    """An input tensor; `shape` is None where its rank is open."""

    name: str
    shape: tuple[Dim, ...] | None
    dtype: str
    span: Span


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The output and the step that made it; `op` is None where no step did or the step is unknown.
    `value` is UNKNOWN where no shape rule knows it."""

    value: Value
    span: Span
    op: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rank(self) -> int | None:
        match self.value:
            case Tensor(shape=shape) if shape is not None:
                return len(shape)
        return None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`batch_norms`: the names of layers that normalise over the batch alone, with nothing else in a
    channel to average over."""

    name: str
    inputs: tuple[InputFacts, ...]
    output: OutputFacts | None
    batch_norms: tuple[str, ...] = ()


def model_facts(checked: Checked) -> ModelFacts | None:
    """The facts of a spec; None where it has errors."""
    program, graph, shapes = checked.program, checked.graph, checked.shapes
    if not checked.report.ok or program is None or graph is None or shapes is None:
        return None
    required = {each.name: each.span for each in program.main.inputs if not each.optional}
    inputs = tuple(
        InputFacts(each.name, each.shape, each.dtype, required[each.name])
        for each in graph.inputs
        if each.name in required
    )
    return ModelFacts(graph.name, inputs, _output(checked), _batch_norms(checked))


def _output(checked: Checked) -> OutputFacts | None:
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    if graph.output is None:
        return None
    if graph.output != "single":
        return OutputFacts(Unknown(f"a {graph.output}"), graph.span, op=graph.output)
    number = next(used(graph.returned), FAULTY)
    maker = _maker(number, graph)
    if maker is None:
        return OutputFacts(shapes.of(number), graph.values[number].span)
    return OutputFacts(
        shapes.of(number),
        maker.span,
        maker.op.name if maker.op is not None else None,
        _arguments(maker, checked),
    )


def _maker(number: int, graph: Graph) -> Node | None:
    """The call that makes a value; a block hands on what its last step made."""
    for node in reversed(graph.nodes):
        if number not in node.results.flat:
            continue
        if isinstance(node, Node):
            return node
        inner = list(used(node.returned)) if isinstance(node, Leave) else []
        return _maker(inner[0], graph) if len(inner) == 1 else None
    return None


def _arguments(node: Node, checked: Checked) -> Mapping[str, Any]:
    """A layer's constructor arguments, or a function's."""
    assert checked.shapes is not None
    if node.module is not None:
        return checked.shapes.settings.get(node.module, {})
    return node.arguments


def _batch_norms(checked: Checked) -> tuple[str, ...]:
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    found = []
    for node in graph.calls:
        if node.op is not None and node.op.name in NORMS and node.module is not None and node.results.flat:
            value = shapes.of(node.results.flat[0])
            if isinstance(value, Tensor) and value.shape is not None and product(value.shape[2:]).value == 1:
                found.append(".".join(node.module))
    return tuple(found)
