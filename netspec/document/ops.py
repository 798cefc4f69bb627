"""The one form `{Name: arguments}`: which key of an entry is the op, and what stands beside it."""

from __future__ import annotations

from netspec.diagnostics import Collector, Span, near
from netspec.document.decode import report_unknown_key
from netspec.document.records import Clauses, OpUse
from netspec.syntax import Entry, Mapping, Node, Scalar, kind_of


def read_op(
    node: Node, words: tuple[str, ...], collector: Collector, *, what: str
) -> tuple[OpUse | None, dict[str, Entry]]:
    """The op of an entry, and the entries under the language's own `words` beside it."""
    match node:
        case Scalar(value=str(name)):
            return OpUse(name, node.span), {}
        case Mapping(entries):
            return _from_mapping(node, entries, words, collector, what)
    collector.add(
        "NS106",
        f"{what} must name an op, but is {kind_of(node)}",
        node.span,
        help="write `Name` or `{Name: arguments}`",
    )
    return None, {}


def _from_mapping(
    node: Mapping, entries: tuple[Entry, ...], words: tuple[str, ...], collector: Collector, what: str
) -> tuple[OpUse | None, dict[str, Entry]]:
    beside: dict[str, Entry] = {}
    ops: list[Entry] = []
    for entry in entries:
        if entry.name in words:
            beside[entry.name] = entry
        elif all(entry.name != op.name for op in ops):
            ops.append(entry)
    if len(ops) > 1:
        _report_extra(ops, words, collector, what)
    if not ops:
        return None, beside
    return OpUse(ops[0].name, ops[0].key.span, ops[0].value), beside


def _report_extra(ops: list[Entry], words: tuple[str, ...], collector: Collector, what: str) -> None:
    """A second key is a misspelled word of the language, or an argument that lost its nesting."""
    for extra in ops[1:]:
        if extra.name.islower() and near(extra.name, words):
            report_unknown_key(extra.key.span, extra.name, list(words), collector, what)
        elif extra.name.islower():
            collector.add(
                "NS102",
                f"{what} has no key `{extra.name}`",
                extra.key.span,
                help=f"an argument stands inside the op: `{{{ops[0].name}: {{{extra.name}: ...}}}}`",
            )
        else:
            collector.add(
                "NS106",
                f"{what} names two ops, `{ops[0].name}` and `{extra.name}`",
                extra.key.span,
                help="give each op an entry of its own",
            )


def clauses(beside: dict[str, Entry]) -> Clauses:
    return Clauses(beside.get("when"), beside.get("repeat"), beside.get("for"), beside.get("let"))


def key_span(node: Node) -> Span:
    """The span to blame for an entry: its first key, else the node itself."""
    match node:
        case Mapping(entries=(first, *_)):
            return first.key.span
    return node.span
