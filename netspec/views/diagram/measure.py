"""The texts of boxes, and how much room they take: the same numbers for the SVG and for the page."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.views.amounts import scaled
from netspec.views.diagram.model import Box, Diagram
from netspec.views.svg import shortened, text_width

NAME, TEXT, SMALL = 13.0, 11.0, 10.5
"""Sizes of the fonts: of names, of calls, of shapes and counts."""
LABEL = 18
"""The height that a label below a box takes."""
_MOST = 46
"""Characters of a line in a box."""


@dataclass(frozen=True, slots=True)
class Size:
    width: float
    height: float


class Measures:
    """What is written in the boxes of a diagram, and their sizes while they are folded."""

    def __init__(self, diagram: Diagram) -> None:
        self.labels = diagram.labels
        self._widths: dict[str, float] = {}

    def label(self, value: int) -> float:
        """The width of the label of a value."""
        text = self.label_text(value)
        if text not in self._widths:
            self._widths[text] = text_width(text, SMALL, mono=True) + 8
        return self._widths[text]

    def label_text(self, value: int) -> str:
        return shortened(self.labels.get(value, ""), 40)

    def lines(self, box: Box) -> tuple[str, str]:
        """The name, and what the box is; one of them may be empty."""
        match box.kind:
            case "input" | "output":
                return shortened(box.name, _MOST), ""
            case "tensor":
                return shortened(box.name, _MOST), box.op
            case "call" if not box.path:
                inner = box.text.removeprefix(box.op)
                return box.op, shortened(inner[1:-1], _MOST) if inner else ""
        return shortened(box.name, _MOST), shortened(box.text, _MOST)

    def count(self, box: Box) -> str:
        """The number of parameters, short; nothing where there are none."""
        return scaled(box.parameters, 1000).strip() if box.parameters else ""

    def box(self, box: Box) -> Size:
        name, text = self.lines(box)
        count = self.count(box)
        first = text_width(name, NAME, bold=True) + (text_width(count, SMALL) + 14 if count else 0)
        second = text_width(text, TEXT, mono=True)
        fold = 20 if box.children else 0
        return Size(max(first + fold, second, 44) + 24, 44.0 if text else 28.0)

    def head(self, box: Box) -> float:
        """The least width of the box's head while it is open."""
        name, text = self.lines(box)
        count = self.count(box)
        words = text_width(name, NAME, bold=True) + text_width(text, TEXT, mono=True)
        return words + text_width(count, SMALL) + 64
