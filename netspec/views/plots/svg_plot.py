"""A plot as SVG, for light and dark grounds: `plot_svg(plot)`."""

from __future__ import annotations

from netspec.views.plots.shapes import DARK, LIGHT, Area, Plot, Shape, Stroke, Words
from netspec.views.svg import SANS, element, number


def plot_svg(plot: Plot) -> str:
    """One file, which needs nothing beside it."""
    light, dark = (";".join(f"--{key}:{value}" for key, value in each.items()) for each in (LIGHT, DARK))
    style = f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}text{{font-family:{SANS}}}"
    ground = element("rect", width="100%", height="100%", fill="var(--paper)")
    drawn = "".join(map(_drawn, plot.shapes))
    return element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {number(plot.width)} {number(plot.height)}",
        width=plot.width, height=plot.height, role="img",
        raw=f"{element('title', plot.title)}<style>{style}</style>{ground}{drawn}",
    ) + "\n"  # fmt: skip


def _drawn(shape: Shape) -> str:
    match shape:
        case Area():
            return element(
                "rect", x=float(shape.x), y=float(shape.y), width=float(shape.width),
                height=float(shape.height), fill=f"var(--{shape.colour})",
                fill_opacity=None if shape.strength == 1 else f"{shape.strength:.3f}",
            )  # fmt: skip
        case Stroke():
            points = " ".join(f"{number(x)},{number(y)}" for x, y in shape.points)
            colour = f"var(--{shape.colour})"
            line = element(
                "polyline", points=points, fill="none", stroke=colour, stroke_width=float(shape.width),
                stroke_linejoin="round",
            )  # fmt: skip
            dots = [element("circle", cx=float(x), cy=float(y), r=2.4, fill=colour) for x, y in shape.points]
            return line + "".join(dots if shape.dots else ())
        case Words():
            return element(
                "text", shape.text, x=float(shape.x), y=float(shape.y), font_size=float(shape.size),
                fill=f"var(--{shape.colour})", text_anchor=None if shape.anchor == "start" else shape.anchor,
                font_weight="600" if shape.bold else None,
            )  # fmt: skip
