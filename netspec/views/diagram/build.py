"""A checked spec -> its Diagram: `draw(checked)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.diagnostics import Span
from netspec.graph.ir import Enter, Graph, GraphInput, Leave, ModuleNode, Node, Own, Structure
from netspec.graph.verify import used
from netspec.pipeline import Checked
from netspec.shapes.costs import cost, counts, total, typical_sizes
from netspec.shapes.infer import Shapes
from netspec.shapes.values import shape_text
from netspec.shapes.weights import tensors
from netspec.views.diagram.model import Box, Diagram, Place
from netspec.views.diagram.runs import gathered
from netspec.views.outline import Path, Section, outline
from netspec.views.spelling import (
    call_arguments,
    call_text,
    label_text,
    layer_arguments,
    output_text,
    value_text,
)


def draw(checked: Checked) -> Diagram:
    """The diagram of a spec without errors."""
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    assert checked.program is not None
    boxes = _Boxes(graph, shapes)
    children = (*map(boxes.input, graph.inputs), *boxes.items(outline(graph), ()), *boxes.outputs())
    root = Box("section", graph.name, "", graph.name, graph.name, children=children)
    full = {number: output_text(shapes.of(number)) for number in boxes.made}
    labels = {number: boxes.label(number) for number in boxes.made}
    root = replace(root, parameters=boxes.below.get((), 0), **_spent(children))
    root = _numbered(_connected(gathered(_without_unread(root), full)), iter(range(1 << 60)))
    doc = checked.program.main.doc or ""
    return Diagram(graph.name, checked.source.path, doc, root, full, labels, boxes.typical)


@dataclass(slots=True)
class _Boxes:
    """Makes the boxes of one graph. `flows` are the values that each number of the graph stands for: what a
    block returns is what some call in it has made, and may be several. `made` are the values with a box."""

    graph: Graph
    shapes: Shapes
    flows: dict[int, tuple[int, ...]] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    typical: Mapping[str, int] = field(default_factory=dict)
    below: dict[Path, int] = field(default_factory=dict)
    own: Mapping[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.typical = typical_sizes(self.graph)
        self.made.update(each.value for each in self.graph.inputs)
        for node in self.graph.nodes:
            self._follow(node)
        self.own = counts(self.graph, self.shapes).parameters
        for path, count in self.own.items():
            for length in range(len(path) + 1):
                self.below[path[:length]] = self.below.get(path[:length], 0) + count

    def _follow(self, node: object) -> None:
        match node:
            case Enter():
                for operand, declared in node.inputs:
                    self.flows[declared.value] = self._read(operand)
            case Leave(returned=returned, results=results):
                numbers = results.flat
                items = [item for _, item in returned.items] if isinstance(returned, Structure) else []
                if results.unpack and len(items) == len(numbers):
                    self.flows.update(zip(numbers, map(self._read, items), strict=True))
                else:
                    self.flows.update(dict.fromkeys(numbers, self._read(returned)))
            case Node() | Own():
                self.made.update(node.results.flat)

    def _read(self, operand: Any) -> tuple[int, ...]:
        """The values that an operand stands for, each once."""
        found: dict[int, None] = {}
        for number in used(operand):
            for each in self.flows.get(number, (number,)):
                if each in self.made:
                    found[each] = None
        return tuple(found)

    def label(self, number: int) -> str:
        return label_text(self.shapes.of(number), self.typical)

    def input(self, given: GraphInput) -> Box:
        name, place = given.name, _place("declared", given.span)
        text = self.label(given.value)
        return Box("input", name, name, "input", text, places=place, makes=(given.value,))

    def outputs(self) -> Iterator[Box]:
        for key, number in self.graph.outputs:
            info = self.graph.values.get(number)
            name = key or (info.name if info is not None and info.name else "output")
            reads = self.flows.get(number, (number,) if number in self.made else ())
            text = ", ".join(map(self.label, reads))
            yield Box("output", name, name, "output", text, reads=reads)

    def items(self, section: Section, above: Path) -> Iterator[Box]:
        for item in section.items:
            match item:
                case Section():
                    yield self._section(item, above)
                case Own():
                    yield self._tensor(item)
                case Node(module=path):
                    yield self._step(item) if path is None else self._layer(item, path, above)

    def _section(self, section: Section, above: Path) -> Box:
        module = section.module
        children = tuple(self.items(section, module.path))
        places = (
            *_place("declared", module.span),
            *_place("called", section.call.step if section.call is not None else None),
        )
        return Box(
            "section",
            _name(module.path, above),
            ".".join(module.path),
            module.class_name,
            self._module_text(module),
            parameters=self.below.get(module.path, 0),
            arguments=_told(layer_arguments(module, self.shapes)),
            places=places,
            children=children,
            **_spent(children),
        )

    def _module_text(self, module: ModuleNode) -> str:
        signatures = module.op.signatures if module.op is not None else ()
        return call_text(module.class_name, layer_arguments(module, self.shapes), signatures)

    def _tensor(self, own: Own) -> Box:
        path = ".".join((*own.module, own.tensor))
        text = f"{own.kind} {self.label(own.value)}"
        return Box(
            "tensor",
            own.tensor,
            path,
            own.kind,
            text,
            places=_place("declared", own.span),
            makes=(own.value,),
        )

    def _step(self, node: Node) -> Box:
        assert node.op is not None
        arguments = call_arguments(node, self.shapes)
        text = call_text(node.op.name, arguments, node.op.signatures)
        return Box(
            "call", node.op.name, "", node.op.name, text,
            arguments=_told(arguments), places=_place("called", node.step), **self._flow(node),
        )  # fmt: skip

    def _layer(self, node: Node, path: Path, above: Path) -> Box:
        module = self.graph.leaves[path]
        arguments = {**layer_arguments(module, self.shapes), **call_arguments(node, self.shapes)}
        return Box(
            "call",
            _name(path, above),
            ".".join(path),
            module.class_name,
            self._module_text(module),
            parameters=self.own.get(path, 0),
            arguments=_told(arguments),
            tensors=tuple(self._tensors(module)),
            places=(*_place("declared", module.span), *_place("called", node.step)),
            **self._flow(node),
        )

    def _flow(self, node: Node) -> dict[str, Any]:
        spent = cost(node, self.shapes)
        reads = self._read(node.arguments)
        return {"flops": spent.flops, "memory": spent.memory, "reads": reads, "makes": node.results.flat}

    def _tensors(self, module: ModuleNode) -> Iterator[tuple[str, str]]:
        assert module.op is not None
        if module.path in self.shapes.settings:
            for each in tensors(module.op.name, self.shapes.settings[module.path]):
                yield each.name, shape_text(each.shape)


def _spent(children: Iterable[Box]) -> dict[str, Any]:
    listed = [each for each in children if each.kind not in ("input", "output", "tensor")]
    return {"flops": total(each.flops for each in listed), "memory": total(each.memory for each in listed)}


def _name(path: Path, above: Path) -> str:
    return ".".join(path[len(above) :] if path[: len(above)] == above else path)


def _told(arguments: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value_text(value)) for name, value in arguments.items())


def _place(what: str, span: Span | None) -> tuple[Place, ...]:
    if span is None:
        return ()
    line = span.start_position.line
    return (Place(what, span.source.path, line, span.source.line(line).strip()),)


def _without_unread(root: Box) -> Box:
    """The boxes without the module's own tensors that nobody reads in this mode."""
    read = {number for each in root.every for number in each.reads}

    def kept(box: Box) -> Box:
        children = [
            kept(each) if each.children else each
            for each in box.children
            if each.kind != "tensor" or not read.isdisjoint(each.makes)
        ]
        return replace(box, children=tuple(children))

    return kept(root)


def _connected(root: Box) -> Box:
    """With what each box reads from outside and makes for others; values that nobody reads are left out."""
    order: dict[int, int] = {}
    for place, box in enumerate(each for each in root.every if not each.children):
        order.update(dict.fromkeys(box.reads, place))
    return _Connector(order).box(root)


@dataclass(slots=True)
class _Connector:
    """`last`: the place of the last box that reads a value."""

    last: Mapping[int, int]
    place: int = 0

    def box(self, box: Box) -> Box:
        if not box.children:
            self.place += 1
            return replace(box, makes=tuple(each for each in box.makes if each in self.last))
        children = tuple(map(self.box, box.children))
        made = [each for child in children for each in child.makes]
        within = set(made)
        reads = dict.fromkeys(each for child in children for each in child.reads if each not in within)
        makes = tuple(each for each in made if self.last[each] >= self.place)
        return replace(box, children=children, reads=tuple(reads), makes=makes)


def _numbered(box: Box, numbers: Iterator[int]) -> Box:
    number = next(numbers)
    return replace(box, number=number, children=tuple(_numbered(each, numbers) for each in box.children))
