"""The diagram of a network: as Mermaid, DOT, SVG, and a page that folds and unfolds. No torch.

`draw(checked)` gives a `Diagram`; its methods give the texts.
"""

from __future__ import annotations

from netspec.views.diagram.build import draw
from netspec.views.diagram.model import Box, Diagram, Place

__all__ = ["Box", "Diagram", "Place", "draw"]
