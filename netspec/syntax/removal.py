"""The edit that takes an entry out of a mapping, and nothing else."""

from __future__ import annotations

import re

from netspec.diagnostics import Edit, Fix, Source, Span
from netspec.syntax.nodes import Node, Scalar, Sequence

_COMMA = re.compile(r"\s*,\s*")


def removal(key: Scalar, value: Node, before: Node | None, *, flow: bool) -> tuple[Fix, ...]:
    """A fix that removes a key with its value; `before` is the value of the entry before it. None where
    its stretch of the text is not certain, as behind an alias. It is unsafe: the other may be the right one.
    """
    source = key.span.source
    if before is None or value.span.start < key.span.end:
        return ()
    span = _in_flow(key, value, before) if flow else lines_of(key.span, value, source)
    if span is None:
        return ()
    return (Fix(f"Remove this `{key.text}`", (Edit(span, ""),), "unsafe"),)


def _in_flow(key: Scalar, value: Node, before: Node) -> Span | None:
    """From the comma before the key on."""
    source = key.span.source
    between = source.text[before.span.end : key.span.start]
    if before.span.end > key.span.start or not _COMMA.fullmatch(between):
        return None
    return Span(source, before.span.end, value.span.end)


def lines_of(start: Span, value: Node, source: Source) -> Span | None:
    """The lines of an entry of a block mapping or list, which begins at `start` (the key, or the dash): its
    own, and those that are indented deeper. None where something stands before it on its line."""
    line, column = start.start_position
    if source.line(line)[: column - 1].strip():
        return None
    last = line
    if isinstance(value, Scalar) or value.flow:
        last = max(line, source.position(max(value.span.start, value.span.end - 1)).line)
    items = isinstance(value, Sequence) and not value.flow
    for number in range(last + 1, len(source.line_starts) + 1):
        text = source.line(number)
        bare = text.lstrip(" ")
        if not bare.strip() or bare.startswith("#"):
            continue
        indent = len(text) - len(bare)
        # The items of a list may stand below its key without being indented.
        if indent < column - 1 or (indent == column - 1 and not (items and bare.startswith("-"))):
            break
        last = number
    starts = [*source.line_starts, len(source.text)]
    return Span(source, starts[line - 1], starts[last])
