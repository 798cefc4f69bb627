"""Layers of the Program -> the module tree, for the values of the params: loops unrolled, blocks built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from netspec.catalog.bind import Binding
from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector, Span
from netspec.graph.evaluate import Unevaluated, formula_value, released, text_of, value_of
from netspec.graph.ir import ModuleNode
from netspec.resolve.binding import check_arguments
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.params import misfit, op_value
from netspec.resolve.program import (
    BASE,
    Argument,
    Arguments,
    Constant,
    Layer,
    Let,
    Module,
    Operand,
    Program,
    Turns,
)
from netspec.shapes.call import AUTO

_MOST_MODULES = 200_000


class TooLarge(Exception):
    """The spec describes more modules than any network has."""


@dataclass(slots=True)
class Tree:
    """Builds the module tree of one program. `unknown` has the modules of whose members some were
    reported."""

    program: Program
    catalog: Catalog
    collector: Collector
    count: int = 0
    unknown: set[tuple[str, ...]] = field(default_factory=set)

    def children(
        self, layers: tuple[Layer, ...], above: ModuleNode, names: Mapping[str, Any], *, listed: bool = False
    ) -> tuple[ModuleNode, ...]:
        """The members in order; entries without a name are numbered."""
        found: dict[str, ModuleNode] = {}
        for layer, scope, present in self._turns(layers, above, names):
            name = str(len(found))
            if layer.name is not None:
                name = layer.name if layer.template is None else self._name(layer, scope)
            if not present or self._is_absent(layer, scope):
                # In a list the entries close up; under a name, None marks the gap.
                if layer.name is not None and not listed:
                    found.setdefault(name, self._node(layer, name, above, absent=True))
                continue
            if name in found:
                # Where the name has no expression, that was reported.
                if layer.template is None:
                    continue
                self.collector.add(
                    "NS107",
                    f"two layers are called `{name}`",
                    layer.span,
                    help="use the loop variables in the name",
                )
                continue
            node = self._layer(layer, name, above, scope)
            if not layer.discarded:
                found[name] = node
        return tuple(found.values())

    def _turns(
        self,
        layers: tuple[Layer, ...],
        above: ModuleNode,
        names: Mapping[str, Any],
        *,
        present: bool = True,
    ) -> Iterator[tuple[Layer, Mapping[str, Any], bool]]:
        """Each entry with its names in scope, as often as its clauses say, and whether the groups
        around it are present."""
        for layer in layers:
            scopes = turns(layer.turns, layer.repeat, names, self.collector)
            if scopes is None:
                self.unknown.add(above.path)
                continue
            for scope in scopes:
                self.count += 1
                if self.count > _MOST_MODULES:
                    raise TooLarge
                if not layer.group:
                    yield layer, scope, present
                else:
                    here = present and not self._is_absent(layer, scope)
                    yield from self._turns(layer.children, above, scope, present=here)

    def _is_absent(self, layer: Layer, names: Mapping[str, Any]) -> bool:
        return layer.when is not None and not holds(layer.when, names, self.collector)

    def _name(self, layer: Layer, names: Mapping[str, Any]) -> str:
        assert layer.template is not None
        try:
            return text_of(layer.template, names, self.collector)
        except Unevaluated:
            return layer.label

    def _node(self, layer: Layer, name: str, above: ModuleNode, **more: Any) -> ModuleNode:
        inside_block = above.block is not None or not above.path
        owner = above.class_name if inside_block else above.owner
        local = (name,) if inside_block else (*above.local, name)
        return ModuleNode(
            (*above.path, name), layer.class_name, layer.span, op=layer.op, owner=owner, local=local, **more
        )

    def _layer(self, layer: Layer, name: str, above: ModuleNode, names: Mapping[str, Any]) -> ModuleNode:
        node = self._node(layer, name, above)
        if layer.container is not None:
            listed = layer.container in ("Sequential", "ModuleList")
            return replace(node, children=self.children(layer.children, node, names, listed=listed))
        if layer.op_param is not None and not layer.faulty:
            layer = self._of_param(layer, layer.op_param, names)
            node = replace(node, class_name=layer.class_name, op=layer.op)
        if layer.op is None or layer.faulty:
            return node
        bound = self._bind(layer, names)
        if bound is None:
            return node
        binding, spans = bound
        settings = {key: released(value) for key, value in binding.arguments.items()}
        node = replace(node, settings=settings, given=frozenset(binding.given), spans=spans)
        block = self.program.blocks.get(layer.op.name)
        return node if block is None else self._block(node, block, layer)

    def _of_param(self, layer: Layer, param: str, names: Mapping[str, Any]) -> Layer:
        """The layer with the op that a param holds: what came with the op, then what is given here."""
        span = layer.op_span or layer.span
        value = names.get(param)
        faulty = replace(layer, faulty=True)
        named = op_value(value)
        if named is None:
            if param in names:
                help = (
                    f"give the layer `when: $({param} is not None)`" if value is None else "give an op's name"
                )
                self.collector.add("NS304", f"`${param}` is {value!r} here, which is no op", span, help=help)
            return faulty
        name, positional, keywords = named
        op = self.catalog.get(name)
        if op is None or op.kind != "module":
            report_unknown(name, span, self.catalog.modules, self.collector, what="layer type")
            return faulty
        given = {key for key, _, _ in layer.arguments.keywords}
        own = tuple((key, span, Constant(each, span)) for key, each in keywords.items() if key not in given)
        arguments = Arguments(
            (*(Constant(each, span) for each in positional), *layer.arguments.positional),
            (*own, *layer.arguments.keywords),
        )
        return replace(layer, op=op, arguments=arguments)

    def _block(self, node: ModuleNode, block: Module, layer: Layer) -> ModuleNode:
        assert node.settings is not None
        for param in block.params:
            value = node.settings[param.name]
            if value is AUTO:
                self.collector.add(
                    "NS306", f"`auto` cannot stand for `{param.name}`, the param of a block",
                    node.spans[param.name],
                    help="write the value; `auto` is for sizes that PyTorch's own layers receive",
                )  # fmt: skip
                return replace(node, settings=None)
            problem = (
                None
                if param.faulty or not isinstance(value, int | float | str | tuple)
                else misfit(param, value)
            )
            if problem is not None:
                self.collector.add(
                    "NS304", f"the value of {problem}", node.spans.get(param.name, layer.span),
                    help=f"the block `{block.name}` says what it takes",
                )  # fmt: skip
                return replace(node, settings=None)
        names = with_lets(node.settings, block.lets, self.collector)
        node = replace(node, block=block, names=names)
        listed = block.container in ("Sequential", "ModuleList")
        children = self.children(block.layers, node, names, listed=listed)
        if block.base is None or block.base.container is not None:
            return replace(node, children=children)
        base = self._layer(block.base, BASE, node, names)
        if not block.inherits:
            return replace(node, children=(base, *children))
        # Called like the layer that it extends, and under a name of its own.
        return replace(
            node, block=None, op=base.op, settings=base.settings, given=base.given, spans=base.spans,
            children=children,
        )  # fmt: skip

    def _bind(self, layer: Layer, names: Mapping[str, Any]) -> tuple[Binding, dict[str, Span]] | None:
        assert layer.op is not None
        span = layer.op_span or layer.span
        return bind_values(layer.op.name, layer.op.signatures, layer.arguments, names, self.collector, span)


def turns(
    loop: Turns | None, repeat: Argument | None, names: Mapping[str, Any], collector: Collector
) -> Iterator[Mapping[str, Any]] | None:
    """The names in scope of each turn of `for` and `repeat`; once where there is neither. None, after a
    report, where it is not known how many turns there are."""
    count = 1 if repeat is None else _count(repeat, names, collector)
    values = (None,) if loop is None else _values(loop, names, collector)
    if count is None or values is None:
        return None
    return _scopes(loop, values, count, names, collector)


def _scopes(
    loop: Turns | None, values: Iterable[Any], count: int, names: Mapping[str, Any], collector: Collector
) -> Iterator[Mapping[str, Any]]:
    for value in values:
        scope = names
        if loop is not None:
            scope = with_lets({**names, loop.variable: value}, loop.lets, collector)
        for _ in range(count):
            yield scope


def _count(repeat: Argument, names: Mapping[str, Any], collector: Collector) -> int | None:
    value = _value(repeat, names, collector)
    if type(value) is int and value >= 0:
        return value
    if value is not None:
        collector.add(
            "NS303", f"`repeat` is a number of turns, but this is {value!r}", repeat.span,
            help="write an integer of at least 0",
        )  # fmt: skip
    return None


def _values(loop: Turns, names: Mapping[str, Any], collector: Collector) -> Iterable[Any] | None:
    values = _value(loop.values, names, collector)
    if type(values) is int:
        return range(values)
    if isinstance(values, list | tuple | range):
        return values
    if values is not None:
        collector.add(
            "NS303", f"`for` runs over a number or a list, but this is {values!r}", loop.values.span,
            help="write `{i: 4}`, `{i: [a, b]}` or `{i: $(range(n))}`",
        )  # fmt: skip
    return None


def holds(condition: Argument, names: Mapping[str, Any], collector: Collector) -> bool:
    """Whether a condition is true; true, after a report, where it has no value."""
    try:
        return bool(released(value_of(condition, names, collector)))
    except Unevaluated:
        return True


def _value(argument: Argument, names: Mapping[str, Any], collector: Collector) -> Any:
    try:
        return released(value_of(argument, names, collector))
    except Unevaluated:
        return None


def with_lets(names: Mapping[str, Any], lets: tuple[Let, ...], collector: Collector) -> dict[str, Any]:
    """The names with those of `let`; one without a value is left out, and so are its users."""
    found = dict(names)
    for let in lets:
        try:
            found[let.name] = formula_value(let.formula, found, collector)
        except Unevaluated:
            continue
    return found


def bind_values(
    name: str,
    signatures: Any,
    arguments: Arguments,
    names: Mapping[str, Any],
    collector: Collector,
    span: Span,
) -> tuple[Binding, dict[str, Span]] | None:
    """Bind constructor arguments with their values; None after a report."""

    def value(operand: Operand) -> Any:
        return value_of(cast(Argument, operand), names, collector)

    try:
        binding = check_arguments(name, signatures, (), (), arguments, collector, span=span, value_of=value)
    except Unevaluated:
        return None
    if binding is None:
        return None
    spans = {key: argument.span for key, _, argument in arguments.keywords}
    for param, argument in zip(binding.signature, arguments.positional, strict=False):
        spans[param.name] = argument.span
    return binding, spans
