"""What a diagram shows: boxes in boxes, and the values that flow between them.

A `Box` that has `children` can be open, and shows them, or folded, and stands for them. Values have
numbers: a box `reads` those that come from outside of it, and `makes` those that others read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.shapes.dims import Dim

Kind: TypeAlias = Literal["input", "output", "tensor", "call", "section", "run", "range"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a spec: what of the box it has, the file, the number of the line, its text."""

    what: str
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """An input or output, a tensor that a module owns, the call of a layer or op, a section (one call of a
    block or container), a run of equal boxes, or a range of many.

    `number` counts the boxes as they stand, from 0 for the whole. `name` is told from the box around it,
    `path` from the network. `op` is the op or class, `text` that with its arguments, `arguments` all that are
    told, `tensors` the shapes of the parameters and buffers of a layer. `flops` and `memory` (of results, in
    bytes) are None where no shape is known.
    """

    kind: Kind
    name: str
    path: str
    op: str
    text: str
    number: int = 0
    parameters: int = 0
    flops: Dim | None = None
    memory: Dim | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    tensors: tuple[tuple[str, str], ...] = ()
    places: tuple[Place, ...] = ()
    reads: tuple[int, ...] = ()
    makes: tuple[int, ...] = ()
    children: tuple[Box, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What a picture writes in the box: its name, and what it is; of a functional step these are one, and
        what an input or output is stands at its line."""
        if self.kind == "call" and not self.path:
            return (self.text,)
        alone = self.kind in ("input", "output") or self.text in (self.name, "")
        return (self.name,) if alone else (self.name, self.text)

    @property
    def every(self) -> Iterator[Box]:
        """The box and all in it, in order."""
        yield self
        for child in self.children:
            yield from child.every


@dataclass(frozen=True, slots=True)
class Diagram:
    """The `root` box of a network, and the shape of each value: in full, and as a short label, where the
    `typical` sizes stand for long formulas. Amounts are told for these sizes, too."""

    name: str
    path: str
    doc: str
    root: Box
    shapes: Mapping[int, str]
    labels: Mapping[int, str]
    typical: Mapping[str, int]

    def _repr_html_(self) -> str:
        from netspec.views.notebook import picture

        return picture(self)

    def mermaid(self, depth: int | None = None) -> str:
        """The text of a Mermaid flowchart with `depth` levels open (None: as many as are legible)."""
        from netspec.views.diagram.mermaid import mermaid

        return mermaid(self, depth)

    def dot(self, depth: int | None = None) -> str:
        """The text of a graph in Graphviz's DOT language."""
        from netspec.views.diagram.dot import dot

        return dot(self, depth)

    def svg(self, depth: int | None = None) -> str:
        """One SVG file, which needs nothing beside it."""
        from netspec.views.diagram.picture import svg

        return svg(self, depth)

    def html(self, depth: int | None = None) -> str:
        """One page that folds, unfolds, searches and zooms, and needs nothing beside it."""
        from netspec.views.diagram.page import page

        return page(self, depth)
