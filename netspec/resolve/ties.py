"""`tie`: parameters that two layers share. Which tensors there are, the values of the params decide."""

from __future__ import annotations

from netspec.diagnostics import Collector, Span, near
from netspec.document.words import is_identifier
from netspec.resolve.program import Layer, OwnedTensor, TensorRef, Tie, entries, find_entry
from netspec.syntax import Entry, Mapping, Scalar, kind_of

_EXAMPLE = "write `lm_head.weight: embed.weight`"


def read_ties(
    node: Mapping | None, layers: tuple[Layer, ...], owned: tuple[OwnedTensor, ...], collector: Collector
) -> tuple[Tie, ...]:
    """The entries in order; each puts the parameter of its value in the place of the one of its key."""
    own = frozenset(each.name for each in owned)
    found = [_tie(entry, layers, own, collector) for entry in (node.entries if node is not None else ())]
    ties = tuple(tie for tie in found if tie is not None)
    _report_replaced(ties, collector)
    return ties


def _tie(entry: Entry, layers: tuple[Layer, ...], own: frozenset[str], collector: Collector) -> Tie | None:
    if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
        collector.add(
            "NS104",
            f"`{entry.name}` is tied to another parameter, but this is {kind_of(entry.value)}",
            entry.key.span,
            help=_EXAMPLE,
        )
        return None
    target = _tensor(entry.key, layers, own, collector)
    source = _tensor(entry.value, layers, own, collector)
    if target is None or source is None:
        return None
    if _same(target, source):
        collector.add(
            "NS408", f"`{entry.name}` is tied to itself", entry.value.span, help="name another parameter"
        )
        return None
    return Tie(target, source)


def _tensor(
    name: Scalar, layers: tuple[Layer, ...], own: frozenset[str], collector: Collector
) -> TensorRef | None:
    """What a path leads to, as far as the text tells; None after a report."""
    *path, tensor = name.text.split(".")
    if not is_identifier(tensor) or tensor.startswith("__") or any(mark in name.text for mark in "$*"):
        help = f"{_EXAMPLE}; expressions and patterns cannot stand here"
        collector.add("NS212", f"`{name.text}` names no parameter", name.span, help=help)
        return None
    if not path:
        if tensor in own:
            return TensorRef((), tensor, name.span)
        layer = find_entry(layers, tensor)
        help = f"write `{tensor}.weight`" if layer is not None else _EXAMPLE
        what = "a layer, and no parameter" if layer is not None else "no parameter of this module"
        collector.add("NS212", f"`{tensor}` is {what}", name.span, help=help)
        return None
    if find_entry(layers, path[0]) is None and not any(layer.faulty for layer in layers):
        _report_unknown(path[0], name.span, layers, collector)
        return None
    return TensorRef(tuple(path), tensor, name.span)


def _report_unknown(name: str, span: Span, layers: tuple[Layer, ...], collector: Collector) -> None:
    names = [layer.label for layer in entries(layers)]
    best = near(name, names)
    known = ", ".join(f"`{each}`" for each in names[:8]) or "none"
    help = f"a layer with a similar name exists: `{best}`" if best else f"layers: {known}"
    collector.add("NS212", f"no layer is called `{name}`", span, help=help)


def _report_replaced(ties: tuple[Tie, ...], collector: Collector) -> None:
    """A parameter that is shared first and replaced then is not shared by all that were meant."""
    for index, tie in enumerate(ties):
        later = next((each for each in ties[index + 1 :] if _same(each.target, tie.source)), None)
        if later is not None:
            collector.add(
                "NS408",
                f"`{tie.source.span.text}` is itself replaced by an entry below",
                tie.source.span,
                help=f"tie both to `{later.source.span.text}`",
            )


def _same(first: TensorRef, second: TensorRef) -> bool:
    return (first.path, first.tensor) == (second.path, second.tensor)
