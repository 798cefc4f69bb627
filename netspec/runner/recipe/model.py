"""What a recipe needs to know of its model: what goes in, what comes out, and which op made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Span
from netspec.graph.ir import Enter, Graph, GraphInput, Leave, Node, Own, ValueNumber
from netspec.graph.verify import used
from netspec.lints.flow import NORMS
from netspec.pipeline import Checked
from netspec.shapes.dims import Dim, product
from netspec.shapes.infer import Shapes
from netspec.shapes.values import Tensor, Value
from netspec.shapes.weights import tensors

_SAME_NUMBERS = frozenset(
    "flatten Flatten squeeze unsqueeze view reshape Unflatten unflatten permute transpose Identity clone "
    "contiguous".split()
)


@dataclass(frozen=True, slots=True)
class InputFacts:
    """An input; `shape` is None where its rank is open. `kind` is `tensor`, or what it is in place of one.
    `vocabulary`: how many numbers the embedding that it goes into knows, and `embedding` its name."""

    name: str
    shape: tuple[Dim, ...] | None
    dtype: str
    span: Span
    kind: str = "tensor"
    vocabulary: int | None = None
    embedding: str = ""


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The output and the step that made it, at `span`. `op` is the last one that made its numbers, at
    `op_span`, with its `arguments`: steps behind it may have given them another shape. It is None where no
    step made them or the step is unknown. `value` is UNKNOWN where no shape rule knows it."""

    value: Value
    span: Span
    op: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    op_span: Span | None = None

    @property
    def rank(self) -> int | None:
        match self.value:
            case Tensor(shape=shape) if shape is not None:
                return len(shape)
        return None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`outputs`: by key (`out`, `0`, `out.aux`), or under None where the network returns one tensor;
    `structure` is what it returns, `eval_structure` what it returns when it is measured, where that is
    something else. `batch_norms`: the names of layers that normalise over the batch alone, with nothing
    else in a channel to average over. `paths`: of all parameters; None where a layer is not known."""

    name: str
    inputs: tuple[InputFacts, ...]
    outputs: Mapping[str | None, OutputFacts]
    span: Span
    structure: str | None = "single"
    eval_structure: str | None = None
    batch_norms: tuple[str, ...] = ()
    paths: tuple[str, ...] | None = None


def model_facts(checked: Checked) -> ModelFacts | None:
    """The facts of a spec; None where it has errors."""
    program, graph, shapes = checked.program, checked.graph, checked.shapes
    if not checked.report.ok or program is None or graph is None or shapes is None:
        return None
    required = {each.name: each.span for each in program.main.inputs if not each.optional}
    inputs = tuple(
        _input(each, required[each.name], graph, shapes) for each in graph.inputs if each.name in required
    )
    evaluated = program.main.eval_output
    return ModelFacts(
        name=graph.name,
        inputs=inputs,
        outputs={key or None: _output(number, checked) for key, number in graph.outputs},
        span=graph.span,
        structure=graph.output,
        eval_structure=evaluated.kind if evaluated is not None and evaluated.kind != graph.output else None,
        batch_norms=_batch_norms(checked),
        paths=_paths(graph, shapes),
    )


def _input(given: GraphInput, span: Span, graph: Graph, shapes: Shapes) -> InputFacts:
    kind = "a list of tensors" if given.listed else f"a {given.structure}" if given.structure else "tensor"
    if given.integers is not None:
        kind = "an integer" if isinstance(given.integers, Dim) else "integers"
    vocabulary, embedding = _embedding(given, graph, shapes)
    return InputFacts(given.name, given.shape, given.dtype, span, kind, vocabulary, embedding)


def _embedding(given: GraphInput, graph: Graph, shapes: Shapes) -> tuple[int | None, str]:
    """The smallest embedding that takes the input as it is, in a block too, and its name."""
    same = {given.value}
    found: list[tuple[int, str]] = []
    for node in graph.nodes:
        if isinstance(node, Enter):
            same |= {inner.value for operand, inner in node.inputs if _is_one_of(operand, same)}
        elif isinstance(node, Node) and node.op is not None and node.op.name == "Embedding" and node.module:
            size = shapes.settings.get(node.module, {}).get("num_embeddings")
            size = size.value if isinstance(size, Dim) else size
            if isinstance(size, int) and any(_is_one_of(each, same) for each in node.arguments.values()):
                found.append((size, ".".join(node.module)))
    return min(found, default=(None, ""))


def _is_one_of(operand: Any, values: set[int]) -> bool:
    return isinstance(operand, ValueNumber) and operand.value in values


def _output(number: int, checked: Checked) -> OutputFacts:
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    maker = _maker(number, graph)
    if maker is None:
        return OutputFacts(shapes.of(number), graph.values[number].span)
    origin = _origin(maker, graph)
    return OutputFacts(
        shapes.of(number),
        maker.span,
        origin.op.name if origin.op is not None else None,
        # In another shape, its `dim` is no dimension of the output.
        _arguments(maker, checked) if origin is maker else {},
        origin.span,
    )


def _paths(graph: Graph, shapes: Shapes) -> tuple[str, ...] | None:
    found = []
    for path, module in graph.leaves.items():
        if module.op is None or path not in shapes.settings:
            continue
        if ":" in module.op.source:
            # What an application's own layer holds, only building it tells.
            return None
        found += [
            ".".join((*path, each.name))
            for each in tensors(module.op.name, shapes.settings[path])
            if each.kind == "parameter"
        ]
    own = {
        (node.module, node.tensor)
        for node in graph.nodes
        if isinstance(node, Own) and node.kind == "parameter"
    }
    return (*found, *(".".join((*module, tensor)) for module, tensor in sorted(own)))


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


def _origin(node: Node, graph: Graph) -> Node:
    """The call whose numbers a call hands on, in another shape."""
    while node.op is not None and node.op.name in _SAME_NUMBERS:
        operand = next(iter(node.arguments.values()), None)
        maker = _maker(operand.value, graph) if isinstance(operand, ValueNumber) else None
        if maker is None:
            return node
        node = maker
    return node


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
