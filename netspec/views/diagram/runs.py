"""Runs of equal boxes and ranges of many, each as one box that can be opened.

Twelve equal blocks in a chain are read as "12 x Block"; of a hundred different steps in a row nobody sees
anything, so they stand in ranges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

from netspec.shapes.costs import total
from netspec.views.diagram.model import Box

SHORTEST_RUN = 3
MOST_CHILDREN = 60
RANGE = 30
_LOOSE = ("input", "output", "tensor")


def gathered(root: Box, labels: Mapping[int, str]) -> Box:
    """The box with its runs and ranges gathered, on every level; `labels` are the shapes of values."""
    return _Gathering(labels).box(root)


@dataclass(slots=True)
class _Gathering:
    """`known` numbers what boxes look like: two boxes with one number are equal but for names."""

    labels: Mapping[int, str]
    known: dict[tuple[Any, ...], int] = field(default_factory=dict)
    looks: dict[int, int] = field(default_factory=dict)

    def box(self, box: Box) -> Box:
        if not box.children:
            return box
        children = [self.box(child) for child in box.children]
        children = _ranges(self._runs(children))
        return replace(box, children=tuple(children))

    def _look(self, box: Box) -> int:
        shapes = tuple(self.labels.get(each, "") for each in box.makes)
        inner = tuple(map(self._look, box.children))
        key = (box.kind, box.text, box.arguments, shapes, inner, box.name if box.kind == "run" else "")
        return self.known.setdefault(key, len(self.known))

    def _runs(self, children: list[Box]) -> list[Box]:
        found: list[Box] = []
        for kind, group in groupby(children, key=lambda each: (each.kind in _LOOSE, self._look(each))):
            alike = list(group)
            if kind[0] or len(alike) < SHORTEST_RUN:
                found.extend(alike)
            else:
                found.extend(self._chains(alike))
        return found

    def _chains(self, alike: list[Box]) -> list[Box]:
        """Only what follows one on another is a run: equal branches stand side by side."""
        chains: list[list[Box]] = [[alike[0]]]
        for box in alike[1:]:
            chained = not _made(chains[-1][-1]).isdisjoint(_read(box))
            chains[-1].append(box) if chained else chains.append([box])
        return [box for chain in chains for box in _as_run(chain)]


def _as_run(chain: list[Box]) -> list[Box]:
    if len(chain) < SHORTEST_RUN:
        return chain
    return [_gather("run", chain, f"{len(chain)} × {chain[0].text}")]


def _made(box: Box) -> set[int]:
    return {number for each in box.every for number in each.makes}


def _read(box: Box) -> set[int]:
    return {number for each in box.every for number in each.reads}


def _ranges(children: Sequence[Box]) -> list[Box]:
    """Long levels in ranges, of ranges where even these are many."""
    boxes = list(children)
    while sum(each.kind not in _LOOSE for each in boxes) > MOST_CHILDREN:
        before = len(boxes)
        boxes = [
            box
            for loose, group in groupby(boxes, lambda each: each.kind in _LOOSE)
            for box in _cut(loose, list(group))
        ]
        if len(boxes) >= before:
            break
    return boxes


def _cut(loose: bool, boxes: list[Box]) -> list[Box]:
    if loose or len(boxes) < SHORTEST_RUN:
        return boxes
    parts = [boxes[start : start + RANGE] for start in range(0, len(boxes), RANGE)]
    return [_gather("range", part, f"{sum(map(_steps, part)):,} steps") for part in parts]


def _steps(box: Box) -> int:
    return sum(map(_steps, box.children)) if box.kind in ("run", "range") else 1


def _gather(kind: Literal["run", "range"], boxes: list[Box], text: str) -> Box:
    first, last = boxes[0], boxes[-1]
    return Box(
        kind,
        f"{_first(first)} … {_last(last)}",
        f"{first.path} … {last.path}" if first.path and last.path else "",
        first.op if kind == "run" else "",
        text,
        parameters=sum(each.parameters for each in boxes),
        flops=total(each.flops for each in boxes),
        memory=total(each.memory for each in boxes),
        places=first.places,
        children=tuple(boxes),
    )


def _first(box: Box) -> str:
    return _first(box.children[0]) if box.kind in ("run", "range") else box.name


def _last(box: Box) -> str:
    return _last(box.children[-1]) if box.kind in ("run", "range") else box.name
