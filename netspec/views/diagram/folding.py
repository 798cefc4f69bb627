"""Which boxes are open: `opened(root, depth)`, and what is then to be seen.

A fold is the set of the numbers of open boxes. The root is always open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from netspec.views.diagram.model import Box

LEGIBLE = 50
"""So many boxes are taken in at once; where no depth is asked for, no more are shown than these."""


def opened(root: Box, depth: int | None = None) -> frozenset[int]:
    """The boxes that are open when `depth` levels are shown (1: the steps of the network alone). Without
    a depth, as many levels as are legible, and runs and ranges stay folded."""
    if depth is not None:
        return frozenset(_to_depth(root, depth))
    best = frozenset((root.number,))
    for each in range(2, deepest(root) + 1):
        found = frozenset(_to_depth(root, each, gathered=False))
        if len(list(visible(root, found))) > LEGIBLE:
            break
        best = found
    return best


def deepest(box: Box) -> int:
    """How many levels a box has below it."""
    return 1 + max(map(deepest, box.children)) if box.children else 0


def _to_depth(box: Box, depth: int, *, gathered: bool = True) -> Iterator[int]:
    if box.children and depth > 0 and (gathered or box.kind == "section"):
        yield box.number
        for child in box.children:
            yield from _to_depth(child, depth - 1, gathered=gathered)


def visible(root: Box, open: Collection[int]) -> Iterator[Box]:
    """The boxes that are to be seen, without those that are open."""
    for child in root.children:
        if child.children and child.number in open:
            yield from visible(child, open)
        else:
            yield child


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that goes from one visible box to another; `shape` is its label."""

    source: int
    target: int
    shape: str


def edges(root: Box, open: Collection[int], labels: Mapping[int, str]) -> list[Edge]:
    """The edges between visible boxes, in order; equal ones once."""
    shown = list(visible(root, open))
    makers = {value: box.number for box in shown for value in box.makes}
    found = dict.fromkeys(
        Edge(makers[value], box.number, labels.get(value, ""))
        for box in shown
        for value in box.reads
        if value in makers
    )
    return list(found)
