"""The diagram as one SVG: `svg(diagram, depth)`. It needs no font, script or file beside it."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.views.diagram.folding import opened
from netspec.views.diagram.measure import NAME, Measures
from netspec.views.diagram.model import Box, Diagram
from netspec.views.diagram.palette import family
from netspec.views.diagram.placement import Placed, Placer
from netspec.views.diagram.style import style
from netspec.views.svg import element, number, text_width


def svg(diagram: Diagram, depth: int | None = None) -> str:
    """The picture with so many levels open; None: as many as are legible."""
    placer = Placer(diagram)
    placed = placer.place(diagram.root, opened(diagram.root, depth))
    drawn = "".join(_Picture(placer.measures).inside(placed, 0))
    box = f"0 0 {number(placed.width)} {number(placed.height)}"
    title = element("title", f"{diagram.name}: {diagram.doc.strip().splitlines()[0] if diagram.doc else ''}")
    ground = element("rect", class_="paper", width="100%", height="100%")
    return element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=box, width=placed.width, height=placed.height,
        role="img", raw=f"{title}<style>{style()}</style>{ground}{drawn}",
    ) + "\n"  # fmt: skip


class _Picture:
    def __init__(self, measures: Measures) -> None:
        self.measures = measures

    def inside(self, placed: Placed, level: int) -> Iterator[str]:
        """What is in an open box: lines first, boxes over them, labels over all."""
        for _, path, leaf in placed.paths:
            yield element("path", class_="way", d=path)
            if leaf:
                yield _tip(path)
        for child in placed.children:
            move = f"translate({number(child.x)} {number(child.y)})"
            yield element(
                "g", transform=move, class_=self._classes(child, level), raw="".join(self._box(child, level))
            )
        for value, x, y in placed.labels:
            width = self.measures.label(value) - 4
            yield element("rect", class_="back", x=x - width / 2, y=y - 7, width=width, height=14)
            yield element("text", self.measures.label_text(value), class_="label", x=x, y=y + 3.5)

    def _classes(self, placed: Placed, level: int) -> str:
        state = f"open {'odd' if level % 2 == 0 else 'even'}" if placed.open else _folded(placed.box)
        return f"box {family(placed.box)}{state and ' '}{state}"

    def _box(self, placed: Placed, level: int) -> Iterator[str]:
        box = placed.box
        name, text = self.measures.lines(box)
        count = self.measures.count(box)
        yield element("title", tooltip(box))
        if placed.open:
            yield _frame(placed, 8)
            yield element("text", name, class_="name", x=12.0, y=18.0)
            yield element("text", text, class_="text", x=20 + text_width(name, NAME, bold=True), y=18.0)
            yield element("text", count, class_="count", x=placed.width - 12, y=18.0) if count else ""
            yield from self.inside(placed, level + 1)
            return
        if box.children:
            yield element(
                "rect", class_="behind", x=4.0, y=4.0, rx=6, width=placed.width, height=placed.height
            )
        yield _frame(placed, 14 if box.kind in ("input", "output") else 6)
        line = 18.0 if text else 18.5
        if box.kind in ("input", "output"):
            yield element("text", name, class_="name", x=placed.width / 2, y=18.5, text_anchor="middle")
            return
        yield element("text", name, class_="name", x=12.0, y=line)
        if text:
            yield element("text", text, class_="text", x=12.0, y=35.0)
        if count:
            yield element("text", count, class_="count", x=placed.width - 12, y=line)


def tooltip(box: Box) -> str:
    """What a pointer over the box shows: its call, and its lines in the spec."""
    lines = [f"{box.path}: {box.text}" if box.path else box.text]
    lines += [f"{place.path}:{place.line}: {place.text}" for place in box.places]
    return "\n".join(lines)


def _folded(box: Box) -> str:
    return "folded" if box.children else ""


def _frame(placed: Placed, radius: int) -> str:
    return element("rect", class_="frame", rx=radius, width=placed.width, height=placed.height)


def _tip(path: str) -> str:
    """The point of an arrow at the end of a path, which comes from above."""
    *_, last = path.split("V")
    x, y = float(_end(path)), float(last)
    return element("path", class_="tip", d=f"M{number(x - 4)} {number(y - 6)}h8l-4 6z")


def _end(path: str) -> str:
    """The x at which a path ends: that of its last curve, or that where it begins."""
    curve = path.rpartition("C")[2] if "C" in path else path[1:]
    points = curve.partition("V")[0].split()
    return points[-2] if "C" in path else points[0]
