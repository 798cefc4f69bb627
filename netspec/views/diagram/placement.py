"""Where everything in an open box stands: `Placer(diagram).place(box, open)`.

The page has the same in JavaScript (`page.js`), for it places anew what is folded and unfolded; a test holds
the two together. So this file has plain loops, and rounds only what is written.

Coordinates are those of the box, from its upper left corner, in pixels. Each box has an axis: the straight
line of its spine, which the line around it continues.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from netspec.views.diagram.measure import LABEL, Measures
from netspec.views.diagram.model import Box, Diagram
from netspec.views.diagram.plan import Column, Plan, plan
from netspec.views.svg import number

LANE = 9
"""Half of the width that a lane takes."""
APART = 14
"""Between boxes that stand side by side."""
GAP = 20
"""Between rows, where lines go straight down; more where they go aside."""
SIDE = 16
"""Between the edges of an open box and what is in it."""
HEAD = 26
"""The height of an open box's head."""
NEAR = 0.01
"""Distances are not exact."""
RIGHTWARDS = 150
"""A lane goes to the left where that is so much nearer."""


@dataclass(slots=True)
class Placed:
    """A box with its size. For one that is open: its children, placed; the ways, each with its value, its
    path and whether it ends at a box; the labels. Where its ports are, from its axis, by value."""

    box: Box
    width: float
    height: float
    axis: float
    open: bool = False
    x: float = 0.0
    y: float = 0.0
    children: list[Placed] = field(default_factory=list)
    paths: list[tuple[int, str, bool]] = field(default_factory=list)
    labels: list[tuple[int, float, float]] = field(default_factory=list)
    entries: dict[int, float] = field(default_factory=dict)
    exits: dict[int, float] = field(default_factory=dict)


class Placer:
    """Places boxes of one diagram; what it knows of a box is kept."""

    def __init__(self, diagram: Diagram) -> None:
        self.measures = Measures(diagram)
        self.plans: dict[int, Plan] = {}

    def plan(self, box: Box) -> Plan:
        if box.number not in self.plans:
            self.plans[box.number] = plan(box)
        return self.plans[box.number]

    def place(self, box: Box, open: Collection[int]) -> Placed:
        """A box, at the origin, with all in it that is to be seen."""
        if box.number not in open or not box.children:
            return self._folded(box)
        return _Placement(box, self, [self.place(child, open) for child in box.children]).result()

    def _folded(self, box: Box) -> Placed:
        size = self.measures.box(box)
        placed = Placed(box, size.width, size.height, size.width / 2)
        widths = [self.measures.label(value) for value in box.makes]
        x = -(sum(widths) + 8 * (len(widths) - 1)) / 2
        for value, width in zip(box.makes, widths, strict=True):
            placed.exits[value] = x + width / 2
            x += width + 8
        return placed


class _Placement:
    """One open box. `lefts` and `rights` are how far a vertex reaches from its axis, `heights` the box and
    its labels."""

    def __init__(self, box: Box, placer: Placer, children: list[Placed]) -> None:
        self.box = box
        self.measures = placer.measures
        self.plan = placer.plan(box)
        self.children = children
        self.lefts: list[float] = []
        self.rights: list[float] = []
        self.heights: list[float] = []
        self.xs: list[float] = [0.0] * len(self.plan.rows)
        self.columns: list[float] = []
        self.taken: dict[int, list[tuple[float, float]]] = {}
        self.outs = len(children) + len(box.reads)

    def result(self) -> Placed:
        self._measure()
        for index, column in enumerate(self.plan.columns):
            self._put(column, lone=index == 0)
        entries = self._entries()
        return self._lay_out(entries)

    def _measure(self) -> None:
        for vertex, child in enumerate(self.children):
            left, right = child.axis, child.width - child.axis
            for value in self.plan.labelled[vertex]:
                half = self.measures.label(value) / 2
                left = max(left, half - child.exits[value])
                right = max(right, half + child.exits[value])
            self.lefts.append(left)
            self.rights.append(right)
            self.heights.append(child.height + (LABEL if self.plan.labelled[vertex] else 0))
        for vertex in range(len(self.children), len(self.plan.rows)):
            out = vertex - self.outs
            half = self.measures.label(self.box.makes[out]) / 2 + 4 if out >= 0 else LANE
            self.lefts.append(half)
            self.rights.append(half)
            self.heights.append(0.0)

    def _put(self, column: Column, *, lone: bool) -> None:
        """The place nearest to its anchors where nothing stands yet."""
        x = 0.0 if lone else self._nearest(column)
        self.columns.append(x)
        for row, vertex in column.cells.items():
            left, right = self._extent(vertex)
            self.taken.setdefault(row, []).append((x - left, x + right))
            if vertex is not None:
                self.xs[vertex] = x

    def _extent(self, vertex: int | None) -> tuple[float, float]:
        return (LANE, LANE) if vertex is None else (self.lefts[vertex], self.rights[vertex])

    def _nearest(self, column: Column) -> float:
        placed = {v for each in self.plan.columns[: len(self.columns)] for v in each.cells.values()}
        anchors = [self.xs[vertex] for vertex in column.anchors if vertex in placed]
        anchor = sum(anchors) / len(anchors) if anchors else 0.0
        right = self._free(column, anchor, 1)
        left = self._free(column, anchor, -1)
        lane = all(vertex is None for vertex in column.cells.values())
        return left if anchor - left + (RIGHTWARDS if lane else 1) < right - anchor else right

    def _free(self, column: Column, x: float, way: int) -> float:
        """The first place from `x` on, rightwards or leftwards, that is free in all rows."""
        moved = True
        while moved:
            moved = False
            for row, vertex in column.cells.items():
                left, right = self._extent(vertex)
                for start, end in self.taken.get(row, ()):
                    if x - left < end + APART - NEAR and x + right > start - APART + NEAR:
                        x = end + APART + left if way > 0 else start - APART - right
                        moved = True
        return x

    def _entries(self) -> list[float]:
        """For each way, where it enters its target, from the axis of that."""
        found = [0.0] * len(self.plan.ways)
        for target in range(len(self.children)):
            ways = [i for i, way in enumerate(self.plan.ways) if way.target == target]
            child = self.children[target]
            if child.open:
                for i in ways:
                    found[i] = child.entries[self.plan.ways[i].value]
                continue
            aside = [(self._from(i) - self.xs[target], i) for i in ways]
            left = sorted((each for each in aside if each[0] < -0.5), reverse=True)
            right = sorted(each for each in aside if each[0] > 0.5)
            if len(ways) == 1:
                continue
            step = min(14.0, (child.width / 2 - 6) / max(len(left), len(right), 1))
            for sign, side in ((-1, left), (1, right)):
                for place, (_, i) in enumerate(side):
                    found[i] = sign * step * (place + 1)
        return found

    def _from(self, index: int) -> float:
        """Where a way comes from, before it turns to its target."""
        way = self.plan.ways[index]
        return self._start(index) if way.column is None else self.columns[way.column]

    def _start(self, index: int) -> float:
        way = self.plan.ways[index]
        if way.source < len(self.children):
            return self.xs[way.source] + self.children[way.source].exits[way.value]
        return self.xs[way.source]

    def _lay_out(self, entries: list[float]) -> Placed:
        rows = max(self.plan.rows) + 1
        heights = [0.0] * rows
        for vertex, row in enumerate(self.plan.rows):
            heights[row] = max(heights[row], self.heights[vertex])
        aside = [0.0] * rows
        ends = []
        for i, way in enumerate(self.plan.ways):
            start, end = self._start(i), self.xs[way.target] + entries[i]
            ends.append((start, end))
            first, last = self.plan.rows[way.source], self.plan.rows[way.target]
            if way.column is None or last == first + 1:
                aside[first] = max(aside[first], abs(end - start))
            else:
                middle = self.columns[way.column]
                aside[first] = max(aside[first], abs(middle - start))
                aside[last - 1] = max(aside[last - 1], abs(end - middle))
        least = min(-self.lefts[v] + self.xs[v] for v in range(len(self.xs)))
        most = max(self.rights[v] + self.xs[v] for v in range(len(self.xs)))
        for column, x in zip(self.plan.columns, self.columns, strict=True):
            if None in column.cells.values():
                least, most = min(least, x - LANE), max(most, x + LANE)
        inner = self.box.number != 0
        needed = most - least + 2 * SIDE
        width = max(needed, self.measures.head(self.box) if inner else 0)
        shift = SIDE - least + (width - needed) / 2
        tops, y = [], float(HEAD if inner else SIDE)
        for row in range(rows):
            tops.append(y)
            y += heights[row]
            if row < rows - 1:
                empty = row == 0 and not self.box.reads
                y += 0 if empty and not inner else GAP + min(44.0, aside[row] * 0.16)
        height = y + (0 if self.box.makes else SIDE)
        placed = Placed(self.box, width, height, shift, open=True, children=self.children)
        bottoms = [top + h for top, h in zip(tops, heights, strict=True)]
        for vertex, child in enumerate(self.children):
            row = self.plan.rows[vertex]
            child.x = self.xs[vertex] + shift - child.axis
            child.y = tops[row] + (heights[row] - self.heights[vertex]) / 2
            for value in child.box.makes:
                if value in self.plan.labelled[vertex]:
                    x = self.xs[vertex] + child.exits[value] + shift
                    placed.labels.append((value, x, child.y + child.height + LABEL / 2 + 1))
        for place, value in enumerate(self.box.reads):
            placed.entries[value] = self.xs[len(self.children) + place]
        for place, value in enumerate(self.box.makes):
            placed.exits[value] = self.xs[self.outs + place]
        for i, way in enumerate(self.plan.ways):
            start, end = (each + shift for each in ends[i])
            first, last = self.plan.rows[way.source], self.plan.rows[way.target]
            text = f"M{number(start)} {number(self._bottom(way.source, tops))}V{number(bottoms[first])}"
            if way.column is not None and last > first + 1:
                middle = self.columns[way.column] + shift
                text += _aside(start, bottoms[first], middle, tops[first + 1])
                text += f"V{number(bottoms[last - 1])}"
                start = middle
            text += _aside(start, bottoms[last - 1], end, tops[last])
            leaf = way.target < len(self.children)
            text += f"V{number(self.children[way.target].y if leaf else height)}"
            placed.paths.append((way.value, text, leaf))
        return placed

    def _bottom(self, vertex: int, tops: list[float]) -> float:
        if vertex < len(self.children):
            return self.children[vertex].y + self.children[vertex].height
        return tops[self.plan.rows[vertex]]


def _aside(x: float, y: float, end: float, below: float) -> str:
    """From one height to a lower one, and aside on the way."""
    if abs(end - x) < 0.05:
        return f"V{number(below)}"
    middle = number((y + below) / 2)
    return f"C{number(x)} {middle} {number(end)} {middle} {number(end)} {number(below)}"
