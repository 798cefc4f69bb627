"""What a plot is made of: rectangles, lines and texts, with colours by their role.

A colour is a key of `LIGHT`; `DARK` has the same keys for a dark ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

LIGHT = {
    "paper": "#fbfcfd", "ink": "#1c2128", "soft": "#5c6673", "edge": "#dde3e9", "heat": "#2563c9",
    "series0": "#2563c9", "series1": "#d9730d", "series2": "#1f8a70", "series3": "#b3397f",
    "white": "#ffffff",
}  # fmt: skip
DARK = {
    "paper": "#0f1319", "ink": "#e8ecf1", "soft": "#9ba7b4", "edge": "#2b333d", "heat": "#6ea0f5",
    "series0": "#6ea0f5", "series1": "#f0a05a", "series2": "#4fc3a7", "series3": "#ee83b4",
    "white": "#0f1319",
}  # fmt: skip
SERIES = ("series0", "series1", "series2", "series3")


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle, the colour mixed with the paper: `strength` 0 is the paper, 1 the colour."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points; `dots` marks each of them."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.0
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A text on one line. `x` is where it begins, ends, or has its middle; `y` its base line."""

    x: float
    y: float
    text: str
    size: float = 11.0
    colour: str = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Shape: TypeAlias = Area | Stroke | Words


@dataclass(frozen=True, slots=True)
class Plot:
    """Shapes, the later ones on top, on a ground of this size in pixels."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]
