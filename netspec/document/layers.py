"""The `layers` mapping, and the entries of containers, which have the same grammar."""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.document.ops import clauses, key_span, read_op
from netspec.document.records import LayerDecl, OpUse
from netspec.document.words import CONTAINERS, LAYER_KEYS
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, kind_of


def read_layers(node: Node | None, collector: Collector) -> tuple[LayerDecl, ...]:
    """The entries of `layers`, of a container's mapping (named) or of its list (numbered)."""
    match node:
        case Mapping(entries):
            found = (_layer(entry.key, entry.value, collector) for entry in _unique(entries))
        case Sequence(items):
            found = (_layer(None, item, collector) for item in items)
        case _:
            return ()
    return tuple(found)


def _unique(entries: tuple[Entry, ...]) -> list[Entry]:
    """Entries without repeated keys: the reader has reported those."""
    seen: set[str] = set()
    return [entry for entry in entries if not (entry.name in seen or seen.add(entry.name))]  # type: ignore[func-returns-value]


def _layer(name: Scalar | None, node: Node, collector: Collector) -> LayerDecl:
    what = f"the layer `{name.text}`" if name is not None else "this entry"
    op, beside = read_op(node, LAYER_KEYS, collector, what=what)
    span = name.span if name is not None else key_span(node)
    group = beside.get("group")
    if op is None and group is None:
        if isinstance(node, Mapping):
            collector.add("NS106", f"{what} names no op", span, help="write `Name` or `{Name: arguments}`")
        return LayerDecl(name, None, clauses(beside), span, faulty=True)
    children: tuple[LayerDecl, ...] | None = None
    discard = _discard(beside, collector)
    if group is not None:
        if not isinstance(group.value, Mapping | Sequence):
            collector.add(
                "NS104",
                f"`group` holds a list or a mapping of layers, but is {kind_of(group.value)}",
                group.key.span,
                help="write `group: {name: layer}`",
            )
            return LayerDecl(name, op, clauses(beside), span, faulty=True)
        children = read_layers(group.value, collector)
    elif op is not None and op.name in CONTAINERS:
        children = read_members(op, collector)
        return LayerDecl(name, op, clauses(beside), span, children, faulty=children is None, discard=discard)
    return LayerDecl(name, op, clauses(beside), span, children, discard=discard)


def _discard(beside: dict[str, Entry], collector: Collector) -> Entry | None:
    """`discard: true`; None where it is not there, or false."""
    entry = beside.get("discard")
    if entry is None:
        return None
    if not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, bool):
        collector.add(
            "NS104",
            f"`discard` is true or false, but is {kind_of(entry.value)}",
            entry.value.span,
            help="write `discard: true`, or remove it",
        )
        return None
    return entry if entry.value.value else None


def read_members(op: OpUse, collector: Collector) -> tuple[LayerDecl, ...] | None:
    """The members of a container; None, after a report, where it is given something else."""
    match op.arguments:
        case None | Scalar(value=None, quoted=False):
            return ()
        case Scalar() as scalar:
            collector.add(
                "NS104",
                f"`{op.name}` holds a list or a mapping of layers, but is given {kind_of(scalar)}",
                scalar.span,
                help=f"write `{op.name}: [{scalar.text if isinstance(scalar.value, str) else '...'}]`",
            )
            return None
    if op.name == "ModuleDict" and isinstance(op.arguments, Sequence):
        collector.add(
            "NS104",
            "`ModuleDict` names its layers, but is given a list",
            op.span,
            help="write `{name: layer}` for each, or use `ModuleList`",
        )
        return None
    if op.name == "ModuleList" and isinstance(op.arguments, Mapping):
        collector.add(
            "NS104",
            "`ModuleList` numbers its layers, but is given a mapping",
            op.span,
            help="write a list, or use `ModuleDict`",
        )
        return None
    return read_layers(op.arguments, collector)
