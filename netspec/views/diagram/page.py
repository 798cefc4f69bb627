"""The diagram as one page that folds, unfolds, searches and zooms: `page(diagram)`.

It holds all that it needs, loads nothing, and runs only its own script: names of the spec come as data, and a
policy in the page forbids every other script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from netspec.shapes.dims import Dim, shown
from netspec.views.amounts import amount, bytes_text, scaled, size
from netspec.views.diagram import placement
from netspec.views.diagram.folding import opened
from netspec.views.diagram.measure import LABEL, NAME, Measures
from netspec.views.diagram.model import Box, Diagram
from netspec.views.diagram.palette import family
from netspec.views.diagram.plan import plan
from netspec.views.diagram.style import style
from netspec.views.svg import text_width


def page(diagram: Diagram, depth: int | None = None) -> str:
    """The HTML, at first with so many levels open; None: as many as are legible."""
    script = _part("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_part("page.html")).substitute(
        title=escape(diagram.name),
        totals=escape(_line(diagram)),
        hash=f"sha256-{digest}",
        style=style(":root") + _part("page.css"),
        data=embedded(page_data(diagram, depth)),
        script=script,
    )


def embedded(data: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins another."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def totals(diagram: Diagram) -> list[tuple[str, str]]:
    """Parameters, and what the network takes for the typical sizes."""
    found = [("parameters", f"{diagram.root.parameters:,}")]
    flops, memory = _typically(diagram.root.flops, diagram), _typically(diagram.root.memory, diagram)
    if flops is not None:
        found.append(("FLOPs", scaled(flops, 1000).strip()))
    if memory is not None:
        found.append(("activations", size(memory)))
    return found


def _line(diagram: Diagram) -> str:
    line = " · ".join(f"{text} {name}" for name, text in totals(diagram))
    sizes = typical_text(diagram)
    return f"{line} for {sizes}" if sizes else line


def typical_text(diagram: Diagram) -> str:
    """The sizes that the totals are for: `H = 224, N = 1`."""
    named = sorted((name, size) for name, size in diagram.typical.items() if shown(name) != "_")
    return ", ".join(f"{name} = {size}" for name, size in named)


def _typically(count: Dim | None, diagram: Diagram) -> int | None:
    """A count for the typical sizes, and 1 for what has none."""
    if count is None:
        return None
    return count.evaluate({each.name: diagram.typical.get(each.name, 1) for each in count.symbols})


def page_data(diagram: Diagram, depth: int | None = None) -> dict[str, Any]:
    """All that the script draws from."""
    boxes = _Boxes(diagram)
    boxes.add(diagram.root, None)
    labels = sorted({value for box in diagram.root.every for value in (*box.reads, *box.makes)})
    return {
        "name": diagram.name,
        "doc": diagram.doc.strip(),
        "facts": [("spec", diagram.path), *totals(diagram), ("for", typical_text(diagram) or "every size")],
        "open": sorted(opened(diagram.root, depth)),
        "sizes": {
            "label": LABEL, "lane": placement.LANE, "apart": placement.APART, "near": placement.NEAR,
            "gap": placement.GAP, "side": placement.SIDE, "head": placement.HEAD,
            "rightwards": placement.RIGHTWARDS,
        },
        "values": {
            value: {
                "label": boxes.measures.label_text(value), "width": boxes.measures.label(value),
                "full": diagram.shapes[value], "from": boxes.makers.get(value, ""),
            }
            for value in labels
        },
        "boxes": boxes.found,
    }  # fmt: skip


class _Boxes:
    """The boxes as plain data, by number. `makers` has the name of the box that makes a value."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.measures = Measures(diagram)
        self.found: list[dict[str, Any]] = []
        self.makers: dict[int, str] = {}

    def add(self, box: Box, parent: int | None) -> None:
        name, text = self.measures.lines(box)
        folded = self.measures.box(box)
        if not box.children:
            self.makers.update(dict.fromkeys(box.makes, box.path or box.name))
        self.found.append(
            {
                "number": box.number,
                "parent": parent,
                "kind": box.kind,
                "family": family(box),
                "name": name,
                "text": text,
                "call": box.text,
                "path": box.path,
                "count": self.measures.count(box),
                "width": folded.width,
                "height": folded.height,
                "head": self.measures.head(box),
                "aside": 20 + text_width(name, NAME, bold=True),
                "reads": box.reads,
                "makes": box.makes,
                "arguments": box.arguments,
                "tensors": box.tensors,
                "costs": self._costs(box),
                "places": [(each.what, each.path, each.line, each.text) for each in box.places],
                "children": [child.number for child in box.children],
                "plan": _plan(box),
            }
        )
        for child in box.children:
            self.add(child, box.number)

    def _costs(self, box: Box) -> list[tuple[str, str]]:
        costs = [("Parameters", f"{box.parameters:,}")] if box.parameters else []
        if box.kind in ("input", "output", "tensor"):
            return costs
        costs += [("FLOPs", amount(box.flops)), ("Activations", bytes_text(box.memory))]
        flops, memory = _typically(box.flops, self.diagram), _typically(box.memory, self.diagram)
        if flops and box.flops is not None and box.flops.value is None:
            costs.append(("FLOPs, typically", scaled(flops, 1000).strip()))
        if memory and box.memory is not None and box.memory.value is None:
            costs.append(("Activations, typically", size(memory)))
        return costs


def _plan(box: Box) -> dict[str, Any] | None:
    if not box.children:
        return None
    found = plan(box)
    return {
        "rows": found.rows,
        "columns": [
            {"cells": list(column.cells.items()), "anchors": column.anchors} for column in found.columns
        ],
        "ways": [(way.value, way.source, way.target, way.column) for way in found.ways],
        "labelled": [sorted(each) for each in found.labelled],
    }


@cache
def _part(name: str) -> str:
    return files("netspec.views.diagram").joinpath(name).read_text(encoding="utf-8")
