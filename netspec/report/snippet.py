"""One line of a source with the marks under it.

In: a line and its marks, in characters. Out: rows of painted text without the gutter: the line as a
terminal shows it, the underlines, and the words that belong to them.

    fc1: {Linear: [9217, 128]}
    ---            ^^^^ in_features
    |
    declared here
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from netspec.report.display import Cells, escaped
from netspec.report.paint import Paint, Role

MOST_COLUMNS = 100
ELLIPSIS = "..."


@dataclass(frozen=True, slots=True)
class Mark:
    """What to underline: from column `start` (of 0) up to `end`, with words. A mark that is not
    primary and has no words only makes its line appear."""

    start: int
    end: int
    text: str
    role: Role
    primary: bool = False

    @property
    def drawn(self) -> bool:
        return self.primary or bool(self.text)


def snippet(line: str, marks: Sequence[Mark], paint: Paint) -> list[str]:
    """The rows for a line; a long line is cut to windows, one for each group of near marks."""
    cells = Cells.of(line)
    placed = sorted((_placed(mark, cells) for mark in marks), key=lambda mark: (mark.start, mark.end))
    rows: list[str] = []
    for group in _near_groups(placed) if cells.width > MOST_COLUMNS else [placed]:
        text, first, last, shift = _window(cells, group)
        rows.append(text.rstrip())
        visible = [_clipped(mark, first, last, shift) for mark in group if mark.drawn]
        rows.extend(_mark_rows(visible, paint) if visible else [])
    return rows


def _placed(mark: Mark, cells: Cells) -> Mark:
    """A mark in display columns, at least one column wide; one past the end of the line at most."""
    count = len(cells.texts)
    start, end = cells.edges[min(mark.start, count)], cells.edges[min(mark.end, count)]
    if start == end and 0 < mark.start < min(mark.end, count):
        start = end - 1  # a combining character is shown on the one before it
    return Mark(start, max(end, start + 1), escaped(mark.text.strip()), mark.role, mark.primary)


def _near_groups(marks: list[Mark]) -> list[list[Mark]]:
    groups: list[list[Mark]] = []
    for mark in marks:
        if groups and mark.end - groups[-1][0].start <= MOST_COLUMNS:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _window(cells: Cells, marks: list[Mark]) -> tuple[str, int, int, int]:
    """The part of a line round some marks: its text, its first and last column, and how far those
    columns move because of the ellipsis in front."""
    if cells.width <= MOST_COLUMNS:
        return "".join(cells.texts), 0, cells.width + 1, 0
    low = marks[0].start
    high = min(max(mark.end for mark in marks), low + MOST_COLUMNS)
    left = max(0, min(low - (MOST_COLUMNS - (high - low)) // 2, cells.width - MOST_COLUMNS))
    first = bisect_left(cells.edges, left)
    last = bisect_right(cells.edges, left + MOST_COLUMNS) - 1
    before = ELLIPSIS if first > 0 else ""
    after = ELLIPSIS if last < len(cells.texts) else ""
    text = before + "".join(cells.texts[first:last]) + after
    start, end = cells.edges[first], cells.edges[last]
    return text, start, end if after else end + 1, len(before) - start


def _clipped(mark: Mark, first: int, last: int, shift: int) -> Mark:
    start = min(max(mark.start, first), last - 1)
    end = max(min(mark.end, last), start + 1)
    return Mark(start + shift, end + shift, mark.text, mark.role, mark.primary)


def _mark_rows(marks: list[Mark], paint: Paint) -> list[str]:
    """The underlines, with the words of the rightmost beside it and those of the others below."""
    inline = _inline(marks)
    words = f" {inline.text}" if inline is not None and inline.text else ""
    rows = [_underlines(marks, paint) + (paint(inline.role, words) if inline is not None else "")]
    hanging = [mark for mark in marks if mark is not inline and mark.text]
    if hanging:
        rows.append(_bars(hanging, paint))
    for mark in sorted(hanging, key=lambda mark: -mark.start):
        left = [other for other in hanging if other.start < mark.start]
        bars = _bars(left, paint)
        gap = " " * (mark.start - (max(other.start for other in left) + 1 if left else 0))
        rows.append(bars + gap + paint(mark.role, mark.text))
    return rows


def _inline(marks: list[Mark]) -> Mark | None:
    """The mark whose words may stand beside it: none starts or ends further right."""
    rightmost = max(marks, key=lambda mark: (mark.start, mark.end, mark.primary))
    return rightmost if rightmost.end == max(mark.end for mark in marks) else None


def _underlines(marks: list[Mark], paint: Paint) -> str:
    """One row of `^` and `-`; where marks overlap, the shorter and the primary one are on top."""
    roles: list[tuple[str, Role]] = [(" ", "plain")] * max(mark.end for mark in marks)
    for mark in sorted(marks, key=lambda mark: (mark.primary, mark.start - mark.end)):
        roles[mark.start : mark.end] = [("^" if mark.primary else "-", mark.role)] * (mark.end - mark.start)
    runs = groupby(roles, key=lambda cell: cell[1])
    return "".join(paint(role, "".join(char for char, _ in run)) for role, run in runs)


def _bars(marks: list[Mark], paint: Paint) -> str:
    """A row with `|` under the start of each mark."""
    row, column = "", 0
    for start, group in groupby(sorted(marks, key=lambda mark: mark.start), key=lambda mark: mark.start):
        row += " " * (start - column) + paint(next(group).role, "|")
        column = start + 1
    return row
