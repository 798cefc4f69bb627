"""Curves over epochs: `curves("loss", {"train": [(1, 0.9), (2, 0.4)]})`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from netspec.views.plots.shapes import SERIES, Plot, Shape, Stroke, Words
from netspec.views.svg import text_width

_WIDTH, _HEIGHT = 560.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 18.0, 44.0, 36.0
_MOST_DOTS = 30
"""Points that are marked; more of them are a line alone."""

Points = Sequence[tuple[float, float]]


def curves(title: str, series: Mapping[str, Points], *, across: str = "epoch") -> Plot:
    """One line for each series; values that are no number are left out."""
    known = {name: [(x, y) for x, y in points if math.isfinite(y)] for name, points in series.items()}
    ys = [y for points in known.values() for _, y in points] or [0.0]
    xs = [x for points in known.values() for x, _ in points] or [1.0]
    ticks = nice_ticks(min(ys), max(ys))
    bottom, top = ticks[0], ticks[-1]
    first, last = min(xs), max(xs)
    steps = _whole_ticks(first, last) if first < last else [first]
    if first == last:
        # One point stands in the middle.
        first, last = first - 0.5, last + 0.5

    def at(x: float, y: float) -> tuple[float, float]:
        across_part, up_part = (x - first) / (last - first), (y - bottom) / (top - bottom)
        return (
            _LEFT + across_part * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up_part * (_HEIGHT - _TOP - _BOTTOM),
        )

    shapes: list[Shape] = [Words(14, 24, title, 14, bold=True)]
    for tick in ticks:
        x, y = at(first, tick)
        shapes.append(Stroke(((x, y), (_WIDTH - _RIGHT, y)), "edge"))
        shapes.append(Words(x - 8, y + 4, _number(tick, ticks[1] - ticks[0]), colour="soft", anchor="end"))
    for step in steps:
        x, y = at(step, bottom)
        shapes.append(Words(x, y + 17, f"{step:,.0f}", colour="soft", anchor="middle"))
    shapes.append(Words(_WIDTH - _RIGHT, _HEIGHT - 6, across, colour="soft", anchor="end"))
    for name, points in known.items():
        dots = len(points) <= _MOST_DOTS
        shapes.append(Stroke(tuple(at(x, y) for x, y in points), _colour(name, known), 2.0, dots))
    return Plot(title, _WIDTH, _HEIGHT, (*shapes, *_legend(list(known))))


def _colour(name: str, names: Iterable[str]) -> str:
    """A set's data have one colour in every plot; other series have theirs in order."""
    return _COLOURS.get(name) or SERIES[list(names).index(name) % len(SERIES)]


_COLOURS = {"train": "series0", "test": "series1", "validation": "series2"}


def _legend(names: list[str]) -> list[Shape]:
    """The names of the series, from the right edge leftwards."""
    if len(names) < 2:
        return []
    found: list[Shape] = []
    x = _WIDTH - _RIGHT
    for name in reversed(names):
        found.append(Words(x, 24, name, colour="soft", anchor="end"))
        x -= text_width(name, 11) + 6
        found.append(Stroke(((x - 18, 20.0), (x, 20.0)), _colour(name, names), 2.5))
        x -= 18 + 16
    return found


def nice_ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Round numbers that span a range: steps of 1, 2, 2.5 or 5 times a power of ten.

    >>> nice_ticks(0.03, 0.92)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = most - least or abs(most) or 1.0
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if span / (power * factor) <= about)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(place * step, 12) for place in range(first, max(last, first + 1) + 1)]


def _whole_ticks(first: float, last: float) -> list[float]:
    """The first, and round numbers after it that leave it room."""
    ticks = nice_ticks(first, last, 8)
    step = max(1, round(ticks[1] - ticks[0]))
    rounds = range(math.ceil(first / step) * step, int(last) + 1, step)
    return [first, *(x for x in rounds if x - first >= step * 0.7)]


def _number(tick: float, step: float) -> str:
    """A tick with the digits that its step needs."""
    if tick and abs(tick) < 1e-3:
        return f"{tick:.3g}"
    digits = max(0, math.ceil(-math.log10(step) - 1e-9))
    if abs(step * 10**digits - round(step * 10**digits)) > 1e-6:
        digits += 1
    return f"{tick:,.{digits}f}"
