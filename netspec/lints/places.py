"""Spans -> the nodes of the text that they mark, and the edits that take an entry out or add to it.

Lints know layers and steps by the spans of their names; a fix needs what stands around those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from netspec.diagnostics import Edit, Fix, Span
from netspec.syntax import Document, Mapping, Node, Scalar, Sequence
from netspec.syntax.removal import lines_of

_GAP = re.compile(r"\s*,\s*")
_ANCHOR = re.compile(r"(?<![^\s,\[{])&\w")

Place: TypeAlias = "tuple[Mapping | Sequence, int]"
"""A collection, and the number of an entry or item in it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where names stand: `entries` by the span of a key, `items` by that of an item of a list, or of any
    key of an item that is a mapping; `keys` has the key in front of a value."""

    entries: dict[Span, Place] = field(default_factory=dict)
    items: dict[Span, Place] = field(default_factory=dict)
    keys: dict[Span, Span] = field(default_factory=dict)

    def value(self, key: Span) -> Node | None:
        """What stands behind a key."""
        match self.entries.get(key):
            case (Mapping(entries=entries), index):
                return entries[index].value
        return None

    def without_entry(self, key: Span) -> Edit | None:
        """The edit that takes out a key with its value; None where it is the only one, which its mapping
        may need, or where its stretch of the text is not certain."""
        place = self.entries.get(key)
        return _without(*place) if place is not None else None

    def without_name(self, name: Span) -> Edit | None:
        """The edit that takes a name out of where it is declared: a key, and not the op of a list's item."""
        return None if name in self.items else self.without_entry(name)

    def without_item(self, item: Span) -> Edit | None:
        """The edit that takes an item out of a list."""
        place = self.items.get(item)
        return _without(*place) if place is not None else None


def places_of(documents: Iterable[Document]) -> Places:
    """Every key and item of some texts."""
    found = Places()
    open_nodes: list[Node] = [document.root for document in documents]
    while open_nodes:
        node = open_nodes.pop()
        match node:
            case Mapping(entries=entries):
                for index, entry in enumerate(entries):
                    # An alias leads back to nodes that stand elsewhere.
                    if entry.key.span not in found.entries:
                        found.entries[entry.key.span] = (node, index)
                        found.keys[entry.value.span] = entry.key.span
                        open_nodes.append(entry.value)
            case Sequence(items=items):
                for index, item in enumerate(items):
                    if item.span not in found.items:
                        spans = [each.key.span for each in item.entries] if isinstance(item, Mapping) else []
                        found.items.update(dict.fromkeys((item.span, *spans), (node, index)))
                        open_nodes.append(item)
    return found


def offered(title: str, edit: Edit | None, safety: Literal["safe", "unsafe"] = "unsafe") -> tuple[Fix, ...]:
    """The fix of one edit, where there is one."""
    return () if edit is None else (Fix(title, (edit,), safety),)


def _without(parent: Mapping | Sequence, index: int) -> Edit | None:
    edit = _taken_out(parent, index)
    # What stands behind an anchor may be repeated elsewhere.
    return None if edit is None or _ANCHOR.search(edit.span.text) else edit


def _taken_out(parent: Mapping | Sequence, index: int) -> Edit | None:
    if isinstance(parent, Mapping):
        starts = [entry.key.span.start for entry in parent.entries]
        ends = [max(entry.key.span.end, entry.value.span.end) for entry in parent.entries]
        nodes: list[Node] = [entry.value for entry in parent.entries]
        aliased = any(e.value.span.start < e.key.span.end for e in parent.entries if not _is_nothing(e.value))
    else:
        starts = [item.span.start for item in parent.items]
        ends = [item.span.end for item in parent.items]
        nodes, aliased = list(parent.items), sorted(starts) != starts
    if len(nodes) < 2 or aliased:
        return None
    if parent.flow:
        return _in_flow(parent.span, starts, ends, index)
    source = parent.span.source
    start = starts[index]
    if isinstance(parent, Sequence):
        start = len(source.text[:start].rstrip(" "))
        if source.text[start - 1 : start] != "-":
            return None
        start -= 1
    span = lines_of(Span(source, start, start), nodes[index], source)
    return None if span is None else Edit(span, "")


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _in_flow(span: Span, starts: list[int], ends: list[int], index: int) -> Edit | None:
    """With the comma before it, or, for the first, the one behind it."""
    source = span.source
    if index:
        start, end, gap = ends[index - 1], ends[index], (ends[index - 1], starts[index])
    else:
        start, end, gap = starts[0], starts[1], (ends[0], starts[1])
    if not _GAP.fullmatch(source.text[gap[0] : gap[1]]):
        return None
    return Edit(Span(source, start, end), "")


def with_keyword(arguments: Node | None, name: str, text: str) -> Edit | None:
    """The edit that adds `name: text` to the arguments of an op, written as a list or mapping in brackets."""
    match arguments:
        case Mapping(flow=True, entries=(*_, last)) if last.value.span.end > last.key.span.end:
            return _behind(last.value, f", {name}: {text}")
        case Sequence(flow=True, items=(*_, Mapping() as keywords)):
            return with_keyword(keywords, name, text)
        case Sequence(flow=True, items=(*_, last_item)):
            return _behind(last_item, f", {{{name}: {text}}}")
    return None


def _behind(node: Node, text: str) -> Edit:
    return Edit(Span(node.span.source, node.span.end, node.span.end), text)
