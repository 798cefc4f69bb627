"""Plots and pictures as PNG, by Pillow: `plot_png(plot)`, `picture_png(tensor)`."""

from __future__ import annotations

import io

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from netspec.views.plots.shapes import LIGHT, Area, Plot, Shape, Stroke, Words

_SCALE = 2
"""Pixels for each of the plot's."""
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def plot_png(plot: Plot) -> bytes:
    """On a light ground, at twice the plot's size."""
    size = (round(plot.width * _SCALE), round(plot.height * _SCALE))
    image = Image.new("RGB", size, LIGHT["paper"])
    pen = ImageDraw.Draw(image)
    for shape in plot.shapes:
        _draw(pen, shape)
    return _bytes(image)


def _draw(pen: ImageDraw.ImageDraw, shape: Shape) -> None:
    match shape:
        case Area(x=x, y=y, width=width, height=height):
            box = [round(each * _SCALE) for each in (x, y, x + width, y + height)]
            pen.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=_mixed(shape.colour, shape.strength))
        case Stroke(points=points, colour=colour):
            scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
            pen.line(scaled, fill=LIGHT[colour], width=round(shape.width * _SCALE), joint="curve")
            for x, y in scaled if shape.dots else ():
                pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=LIGHT[colour])
        case Words():
            font = ImageFont.load_default(shape.size * _SCALE)
            place = (shape.x * _SCALE, shape.y * _SCALE)
            pen.text(place, shape.text, LIGHT[shape.colour], font, _ANCHORS[shape.anchor])


def _mixed(colour: str, strength: float) -> tuple[int, ...]:
    """A colour on the paper."""
    top, ground = (
        [int(LIGHT[name][place : place + 2], 16) for place in (1, 3, 5)] for name in (colour, "paper")
    )
    return tuple(round(strength * a + (1 - strength) * b) for a, b in zip(top, ground, strict=True))


def picture_png(picture: Tensor) -> bytes:
    """A sample as the network saw it: `[1, H, W]` or `[3, H, W]`, its darkest number black, its brightest
    white."""
    values = picture.detach().float().cpu()
    least, most = values.min(), values.max()
    scaled = (values - least) / (most - least).clamp_min(1e-12) * 255
    rows = scaled.round().to(torch.uint8)
    image = (
        Image.fromarray(rows[0].numpy()) if len(rows) == 1 else Image.fromarray(rows.permute(1, 2, 0).numpy())
    )
    longest = max(image.size)
    if longest < 96:
        factor = -(-96 // longest)
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    elif longest > 160:
        image.thumbnail((160, 160))
    return _bytes(image)


def _bytes(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
