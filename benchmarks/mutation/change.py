"""One mistake: edits of a text, and the lines where it can be seen afterwards.

Where whole lines are gone, the lines around the gap count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Edit:
    """Text in place of a stretch of the text."""

    start: int
    end: int
    text: str


Change = tuple[Edit, ...]


def change(start: int, end: int, text: str) -> Change:
    return (Edit(start, end, text),)


def applied(text: str, edits: Change) -> tuple[str, frozenset[int]]:
    """The text with its edits, and the lines (from 1) that they touch."""
    lines: set[int] = set()
    done, position = "", 0
    for edit in sorted(edits):
        done += text[position : edit.start]
        first = done.count("\n") + 1
        if not edit.text and text[edit.start : edit.end].endswith("\n"):
            lines |= {first - 1, first}
        else:
            lines |= set(range(first, first + edit.text.count("\n") + 1))
        done += edit.text
        position = edit.end
    return done + text[position:], frozenset(lines)
