"""Small edits of one value or word that may mend a text, as `repair` has them for signs and lines.

A lost `$`, a `yes` for `true`, a minus sign, an argument too many, an operator twice, a word of the
language whose letters are swapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Edit, Source, Span, near
from netspec.syntax.repair import Repair

_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
# Keys and types of the language; `syntax` knows no more of its grammar.
_WORDS = frozenset(
    """netspec name doc params let inputs layers parameters buffers forward outputs init tie blocks use model
    sequential extends from as when for repeat collect steps group type default min max shape dtype int float
    bool str list op""".split()
)


def word_candidates(code: str, span: Span) -> Iterator[Repair]:
    """Edits of what a finding marks, the likeliest first."""
    source, text = span.source, span.text
    if text in _BOOLEANS:
        yield _written(span, _BOOLEANS[text])
    if re.fullmatch(r"[A-Za-z_]\w*(\[\d+\])?|\(.*\)", text):
        yield _written(span, f"${text}", f"the `$` before `{text}` is missing")
    if re.fullmatch(r"-\d+(\.\d+)?", text):
        yield _written(span, text[1:])
    if code in ("NS004", "NS202") or (code == "NS207" and text):
        yield from _removals(source, span)
    if code == "NS302":
        yield from _operators(source, span)
    yield from _misspelled(source, span)


def _written(span: Span, text: str, message: str = "") -> Repair:
    message = message or f"`{span.text}` stands here in place of `{text}`"
    return Repair(Edit(span, text), message, f"write `{text}`", of_a_word=True)


def _removals(source: Source, span: Span) -> Iterator[Repair]:
    """The entry that begins at the span: up to the comma behind it, or from the one before it."""
    line_end = source.text.find("\n", span.start)
    rest = source.text[span.start : line_end if line_end >= 0 else len(source.text)]
    message, help = "this is one too many", "take it away"
    if found := re.match(r"[^,\[\]{}]*(\[[^\[\]]*\][^,\[\]{}]*)?, *", rest):
        yield Repair(
            Edit(Span(source, span.start, span.start + found.end()), ""), message, help, of_a_word=True
        )
    if found := re.match(r"[^\[\]{}]*(?=[\]}])", rest):
        start = span.start - len(re.search(r"[ ,]*$", source.text[: span.start])[0])  # type: ignore[index]
        yield Repair(Edit(Span(source, start, span.start + found.end()), ""), message, help, of_a_word=True)


def _operators(source: Source, span: Span) -> Iterator[Repair]:
    """Of two operators in a row, one is too many."""
    for found in re.finditer(r"(\*\*|//|[-+*/]) (\*\*|//|[-+*/])(?= )", span.text):
        for group in (2, 1):
            start, end = span.start + found.start(group), span.start + found.end(group)
            edit = Edit(Span(source, start, end + 1), "")
            yield Repair(
                edit, f"`{found[group]}` is one too many", f"take `{found[group]}` away", of_a_word=True
            )


def _misspelled(source: Source, span: Span) -> Iterator[Repair]:
    """Words of the line whose like is a word of the language."""
    line = span.start_position.line
    start = source.line_starts[line - 1]
    for found in re.finditer(r"(?<![\w$.])[a-z]{2,}(?![\w.])", source.line(line)):
        if found[0] not in _WORDS and (best := near(found[0], _WORDS)):
            yield _written(Span(source, start + found.start(), start + found.end()), best)
