"""A confusion matrix: true classes down, predicted ones across, each row in shares of its samples."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.views.plots.shapes import Area, Plot, Shape, Words
from netspec.views.svg import shortened, text_width

_MOST_NUMBERS, _MOST_NAMES = 20, 50
"""Classes up to which cells have their counts, and rows their names."""
_NAME = 16
"""Characters of a class's name."""


def heat_map(title: str, names: Sequence[str], counts: Sequence[Sequence[int]]) -> Plot:
    """`counts[true][predicted]` are numbers of samples."""
    many = len(counts)
    shown = [shortened(name, _NAME) for name in names] if many <= _MOST_NAMES else [""] * many
    cell = _cell(shown, counts)
    size = min(11.0, cell * 0.8)
    left = 34 + max((text_width(name, size) for name in shown), default=0.0)
    upright = all(text_width(name, size) <= cell - 4 for name in shown)
    top = 62.0
    shapes: list[Shape] = [Words(14, 24, title, 14, bold=True)]
    shapes.append(Words(left + many * cell / 2, 44, "predicted", colour="soft", anchor="middle"))
    for row, line in enumerate(counts):
        y = top + row * cell
        shapes.append(Words(left - 6, y + cell / 2 + size * 0.36, shown[row], size, "soft", "end"))
        if upright:
            x = left + (row + 0.5) * cell
            shapes.append(Words(x, top + many * cell + size + 4, shown[row], size, "soft", "middle"))
        shapes.extend(_row(line, left, y, cell, written=many <= _MOST_NUMBERS))
    shapes.append(Words(14, top - 6, "true", colour="soft"))
    width = max(left + many * cell + 20, text_width(title, 14, bold=True) + 40)
    return Plot(title, width, top + many * cell + size + 16, tuple(shapes))


def _cell(shown: Sequence[str], counts: Sequence[Sequence[int]]) -> float:
    """The side of a cell: wide enough for its count and its class's name, where there is room for all."""
    room = 620.0 / max(len(counts), 1)
    if len(counts) > _MOST_NUMBERS:
        return max(3.0, min(38.0, room))
    words = [*shown, *(f"{count:,}" for line in counts for count in line)]
    return min(room, max(38.0, *(text_width(word, 11) + 10 for word in words)))


def _row(line: Sequence[int], left: float, y: float, cell: float, *, written: bool) -> list[Shape]:
    total = sum(line)
    found: list[Shape] = []
    gap = 1.0 if cell > 8 else 0.0
    for column, count in enumerate(line):
        x, share = left + column * cell, count / total if total else 0.0
        # A single mistake among many samples is to be seen, too.
        strength = 0.05 if not count else 0.14 + 0.86 * share
        found.append(Area(x, y, cell - gap, cell - gap, "heat", strength))
        if written and count:
            colour, size = (
                ("white" if strength > 0.55 else "ink"),
                min(11.0, (cell - 4) / max(text_width(f"{count:,}", 1), 1e-9)),
            )
            words = Words(
                x + (cell - gap) / 2, y + cell / 2 + size * 0.36, f"{count:,}", size, colour, "middle"
            )
            found.append(words)
    return found
