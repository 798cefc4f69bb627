"""What a notebook shows of a spec: its summary, and its diagram, folded away.

The diagram is an image, so that its style touches nothing else on the page, and nothing in it can run.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from netspec.pipeline import Checked
from netspec.views.diagram import Diagram, draw
from netspec.views.summary import Part, summarise
from netspec.views.summary_table import as_fragment

_MOST_LINES = 40
"""More lines than these are folded."""


def spec_html(checked: Checked) -> str:
    """The summary down to the greatest depth that is legible, and below it the diagram."""
    summary, diagram = summarise(checked), draw(checked)
    depth = max((each for each in range(1, 9) if line_count(summary.parts, each) <= _MOST_LINES), default=1)
    doc = diagram.doc.strip().splitlines()[:1]
    caption = f"<small>{escape(' · '.join([checked.source.path, *doc]))}</small>"
    return (
        f"<div>{as_fragment(summary, depth, caption)}"
        f"<details><summary>Diagram</summary>{picture(diagram)}</details></div>"
    )


def line_count(parts: Sequence[Part], depth: int) -> int:
    """How many lines a table of so many levels has."""
    return len(parts) + sum(line_count(part.parts, depth - 1) for part in parts if depth > 1)


def picture(diagram: Diagram) -> str:
    """The diagram as an image in HTML."""
    data = base64.b64encode(diagram.svg().encode()).decode()
    return f'<img alt="{escape(diagram.name)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
