"""The SVG: well formed, nothing upon anything else, whatever is open."""

from __future__ import annotations

import runpy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.views.diagram.folding import deepest, opened
from netspec.views.diagram.measure import LABEL
from netspec.views.diagram.placement import Placed, Placer

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
SPECS, HOSTILE, NAMES = drawn["SPECS"], drawn["HOSTILE"], drawn["NAMES"]
# One of each family of the zoo: the others differ in numbers only.
FAMILIES = [
    *sorted([SPECS / "mnist.yaml", *SPECS.glob("networks/*.yaml")]),
    *(
        SPECS / "torchvision" / f"{name}.yaml"
        for name in """convnext_tiny densenet121 googlenet maxvit_t mobilenet_v3_small mvit_v1_b
        regnet_y_400mf resnet50 s3d shufflenet_v2_x0_5 squeezenet1_0 swin_t vgg11_bn vit_b_16""".split()
    ),
]


def siblings(placed: Placed, measures: Any) -> Iterator[list[tuple[float, float, float, float]]]:
    """In each open box: the boxes in it, and the labels."""
    if placed.open:
        boxes = [(c.x, c.y, c.x + c.width, c.y + c.height) for c in placed.children]
        for value, x, y in placed.labels:
            half = measures.label(value) / 2
            boxes.append((x - half, y - LABEL / 2 + 2, x + half, y + LABEL / 2 - 2))
        yield boxes
        for child in placed.children:
            assert child.x >= 0
            assert child.x + child.width <= placed.width + 0.1
            assert child.y + child.height <= placed.height + 0.1
            yield from siblings(child, measures)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(one[i] < other[i + 2] - 0.1 and other[i] < one[i + 2] - 0.1 for i in (0, 1))


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_no_box_or_label_lies_on_another(path: Path) -> None:
    diagram = netspec.diagram(path)
    for depth in {None, 1, 2, deepest(diagram.root)}:
        placer = Placer(diagram)
        placed = placer.place(diagram.root, opened(diagram.root, depth))
        for each in siblings(placed, placer.measures):
            each.sort(key=lambda box: box[1])
            for place, one in enumerate(each):
                for other in each[place + 1 :]:
                    if other[1] >= one[3]:
                        break
                    assert not overlap(one, other), (depth, one, other)


@pytest.mark.parametrize("depth", [None, 1, 99])
@pytest.mark.parametrize("path", [None, *drawn["SHOWN"]])
def test_the_svg_is_well_formed_and_holds_no_code(path: str | None, depth: int | None) -> None:
    diagram = netspec.diagram(netspec.loads(HOSTILE) if path is None else SPECS / path)
    text = diagram.svg(depth)
    root = ET.fromstring(text)
    names = {each.tag.removeprefix("{http://www.w3.org/2000/svg}") for each in root.iter()}
    assert names <= {"svg", "title", "style", "g", "rect", "path", "text"}
    assert not [key for each in root.iter() for key in each.attrib if key.startswith("on") or "href" in key]
    assert "url(" not in text
    if path is None and depth == 99:
        written = [each.text for each in root.iter() if each.get("class") == "name"]
        assert set(NAMES) < set(written)


def test_a_line_ends_where_its_box_begins() -> None:
    diagram = netspec.diagram(SPECS / "networks" / "unet.yaml")
    placed = Placer(diagram).place(diagram.root, opened(diagram.root, 1))
    tops = {round(child.y, 1) for child in placed.children}
    bottoms = {round(child.y + child.height, 1) for child in placed.children}
    for _, path, _ in placed.paths:
        assert float(path.rpartition("V")[2]) in tops
        assert float(path.split("V")[0].split()[1]) in bottoms
    # Twelve boxes in a chain, and a way past them from each level to its counterpart.
    assert sum("C" in path for _, path, _ in placed.paths) == 4


def test_the_spine_is_straight_through_all_levels() -> None:
    diagram = netspec.diagram(SPECS / "torchvision" / "resnet50.yaml")
    placed = Placer(diagram).place(diagram.root, opened(diagram.root, 99))

    def axes(box: Placed, x: float) -> Iterator[float]:
        for child in box.children:
            yield x + child.x + child.axis
            if child.open:
                yield from axes(child, x + child.x)

    middle = placed.axis
    straight = [x for x in axes(placed, 0.0) if abs(x - middle) < 0.1]
    assert len(straight) > 190
