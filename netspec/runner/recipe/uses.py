"""`{Name: arguments}` -> a component: its name looked up among one kind, its arguments checked.

>>> from netspec.diagnostics import Source
>>> from netspec.syntax import read
>>> collector = Collector()
>>> document = read(Source("r.yaml", "{AdamW: {lr: 1e-3}}"), collector)
>>> read_component(document.root, "optimizer", collector).stated
{'lr': 0.001}
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from pydantic import BaseModel

from netspec.catalog.model import Param, Signature
from netspec.diagnostics import Collector, Edit, Fix, Span, near, similar
from netspec.document.ops import key_span, read_op
from netspec.document.records import OpUse
from netspec.resolve.binding import check_arguments
from netspec.resolve.program import Argument, Arguments, Constant, DictArgument, ListArgument
from netspec.runner.recipe.components import NAMES, Kind, components
from netspec.runner.recipe.overlay import UNUSABLE
from netspec.runner.recipe.records import Component
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence


def stated(node: Mapping, model: type[BaseModel]) -> Mapping:
    """The mapping without the optional keys that have nothing behind them."""
    optional = {field.alias or name for name, field in model.model_fields.items() if not field.is_required()}
    entries = tuple(each for each in node.entries if is_set(each.value) or each.name not in optional)
    return replace(node, entries=entries)


def is_set(node: Node | None) -> TypeGuard[Node]:
    """A key with nothing behind it (`scheduler:`) says the same as none."""
    return node is not None and not (isinstance(node, Scalar) and node.value is None)


def read_component(node: Node, kind: Kind, collector: Collector) -> Component:
    """The component that a node names; a `faulty` one where something is wrong, which is reported."""
    return read_use(node, kind, collector)[0]


def read_use(
    node: Node, kind: Kind, collector: Collector, *, words: tuple[str, ...] = ()
) -> tuple[Component, dict[str, Entry]]:
    """The component, and what stands beside it under the `words`."""
    use, beside = read_op(node, words, collector, what=f"this {NAMES[kind]}")
    if use is None:
        span = key_span(node)
        if not isinstance(node, Scalar | Sequence):
            message = f"this {NAMES[kind]} has no name"
            collector.add("NS106", message, span, help="write `Name` or `{Name: arguments}`")
        return Component("?", span, faulty=True), beside
    return _component(use, kind, collector), beside


def _component(use: OpUse, kind: Kind, collector: Collector) -> Component:
    known = components(kind).get(use.name)
    if known is None:
        _report_unknown(use, kind, collector)
        return Component(use.name, use.span, faulty=True)
    signature = known.signature + (_columns(use, known.signature) if known.columns else ())
    binding = check_arguments(use.name, (signature,), (), (), _arguments(use), collector, span=use.span)
    if binding is None:
        return Component(use.name, use.span, faulty=True)
    names = tuple(param.name for param in signature)
    return Component(use.name, use.span, binding.arguments, binding.given, _spans(use, names))


def _columns(use: OpUse, known: Signature) -> Signature:
    """What stands under names that the signature does not have: columns, each from a file."""
    names = {param.name for param in known}
    return tuple(Param(entry.name, ("str",)) for entry in use.keywords if entry.name not in names)


def read_stated(of: Component, arguments: Mapping, kind: Kind, collector: Collector) -> Component | None:
    """Some more arguments of a component that is named already, checked as its own are; None where they
    are faulty or it is."""
    known = None if of.faulty else components(kind).get(of.name)
    if known is None:
        return None
    optional = tuple(
        replace(param, default=None if param.required else param.default) for param in known.signature
    )
    use = OpUse(of.name, arguments.span, arguments)
    binding = check_arguments(of.name, (optional,), (), (), _arguments(use), collector, span=use.span)
    if binding is None:
        return None
    return Component(of.name, use.span, binding.arguments, binding.given, _spans(use, ()))


def read_components(node: Node | None, kind: Kind, collector: Collector) -> tuple[Component, ...]:
    """The components of a list."""
    if not isinstance(node, Sequence):
        return ()
    return tuple(read_component(item, kind, collector) for item in node.items)


def _arguments(use: OpUse) -> Arguments:
    """Arguments as literals: a recipe has no params, so `$` and `auto` are ordinary texts in it."""
    positional = tuple(_literal(node) for node in use.positional)
    return Arguments(positional, tuple((e.name, e.key.span, _literal(e.value)) for e in use.keywords))


def _literal(node: Node) -> Argument:
    match node:
        case Scalar(value=value):
            return Constant(value, node.span)
        case Sequence(items):
            return ListArgument(tuple(map(_literal, items)), node.span)
        case Mapping(entries):
            return DictArgument(tuple((entry.name, _literal(entry.value)) for entry in entries), node.span)


def _spans(use: OpUse, names: tuple[str, ...]) -> dict[str, Span]:
    """Where each argument is written; positional ones stand in the order of the signature."""
    found = {name: node.span for name, node in zip(names, use.positional, strict=False)}
    return found | {entry.name: key_span(entry.value) for entry in use.keywords}


def _report_unknown(use: OpUse, kind: Kind, collector: Collector) -> None:
    reason = UNUSABLE.get(use.name)
    if reason is not None:
        collector.add(
            "NS108", f"a recipe cannot use `{use.name}`: {reason}", use.span, help=_known(use.name, kind)
        )
        return
    known = components(kind)
    best = near(use.name, known)
    fixes = [Fix(f"Rename to `{best}`", (Edit(use.span, best),))] if best else []
    help = f"one with a similar name exists: `{best}`" if best else _known(use.name, kind)
    collector.add("NS704", f"no {NAMES[kind]} is called `{use.name}`", use.span, help=help, fixes=fixes)


def _known(name: str, kind: Kind) -> str:
    known = components(kind)
    listed = similar(name, known) or tuple(sorted(known))
    plural = {"loss": "losses", "mix": "mixtures"}.get(kind, f"{NAMES[kind]}s")
    return f"known {plural}: " + ", ".join(f"`{each}`" for each in listed)
