"""Two slips that YAML reads as something else, reported and mended in the tree.

An unquoted `$(...)` with a comma, bracket or `#` in it is cut apart by YAML, often silently:
`[$(min(a, b)), 3]` has three items. A missing space after a colon makes a key of the whole:
`{flatten:1}`. Both are put together again here, so that each is reported once and nothing follows.
"""

from __future__ import annotations

import re

from netspec.diagnostics import Collector, Edit, Fix, Source, Span
from netspec.syntax.nodes import Node, Scalar
from netspec.syntax.scalars import plain_value

Pair = tuple[Node, Node | None]
_NO_SPACE = re.compile(r"([A-Za-z_]\w*):(\S+)")


def mend(pairs: tuple[Pair, ...], source: Source, collector: Collector, flow: bool) -> list[Pair]:
    """The children of a collection (items with None, or keys with values), mended."""
    mended: list[Pair] = []
    swallowed = -1
    for key, value in pairs:
        if key.span.start < swallowed:
            continue
        whole = _whole_expression(key, source)
        if whole is None and value is not None:
            whole = _whole_expression(value, source)
            if whole is not None:
                mended.append((key, _expression(whole, collector)))
                swallowed = whole.end
                continue
        elif whole is not None:
            swallowed = whole.end
            mended.append((_expression(whole, collector), value))
            continue
        mended.append(_spaced(key, value, collector) if flow and value is not None else (key, value))
    return mended


def _whole_expression(node: Node, source: Source) -> Span | None:
    """The stretch of an expression that YAML has cut apart, where `node` is its first piece."""
    if not isinstance(node, Scalar) or node.quoted or "$(" not in node.text:
        return None
    start = node.span.start
    piece = source.text[start : node.span.end]
    if piece.count("(") == piece.count(")"):
        return None
    return Span(source, start, closing(source.text, start) or node.span.end)


def closing(text: str, start: int) -> int | None:
    """The offset after the parenthesis that closes the first `$(` at or after `start`."""
    depth = 0
    for index in range(text.index("$(", start) + 1, len(text)):
        if text[index] == "\n" and text[index + 1 : index + 2] == "\n":
            return None
        if text[index] == "(":
            depth += 1
        elif text[index] == ")":
            depth -= 1
            if depth == 0:
                return index + 1
    return None


def report_split(span: Span, collector: Collector) -> None:
    """NS008 for an expression that must be quoted; the fix quotes it."""
    text = span.text
    if text.count("(") != text.count(")"):
        collector.add(
            "NS008",
            "the expression has no closing parenthesis",
            span,
            help="close the parenthesis, and quote the expression",
        )
        return
    quote = "'" if '"' in text else '"'
    collector.add(
        "NS008",
        "YAML cuts this expression apart",
        span,
        help=f"quote it: {quote}{text}{quote}",
        fixes=[Fix("Quote the expression", (Edit(span, f"{quote}{text}{quote}"),))],
    )


def _expression(span: Span, collector: Collector) -> Scalar:
    report_split(span, collector)
    return Scalar(span.text, span.text, span, quoted=True)


def _spaced(key: Node, value: Node, collector: Collector) -> Pair:
    if not (isinstance(key, Scalar) and isinstance(value, Scalar) and value.text == "" and not key.quoted):
        return key, value
    match = _NO_SPACE.fullmatch(key.text)
    if match is None:
        return key, value
    colon = key.span.start + len(match[1])
    collector.add(
        "NS009",
        f"the space after `{match[1]}:` is missing",
        Span(key.span.source, key.span.start, colon + 1),
        help=f"write `{match[1]}: {match[2]}`",
        fixes=[Fix("Add the space", (Edit(Span(key.span.source, colon + 1, colon + 1), " "),))],
    )
    first = Span(key.span.source, key.span.start, colon)
    second = Span(key.span.source, colon + 1, key.span.end)
    return Scalar(match[1], match[1], first), Scalar(plain_value(match[2]), match[2], second)
