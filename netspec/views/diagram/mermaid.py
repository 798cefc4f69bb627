"""Mermaid: the text of a flowchart, which many sites draw where it stands in a page.

Every name of a spec is escaped as numbers of characters, so that none can be markup.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netspec.views.diagram.folding import edges, opened, visible
from netspec.views.diagram.model import Box, Diagram
from netspec.views.diagram.palette import FAMILIES, family

_SHAPES = {"input": ("([", "])"), "output": ("([", "])"), "tensor": ("[(", ")]"), "call": ("[", "]")}
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,=_-+/()[]:…×")


def mermaid(diagram: Diagram, depth: int | None = None) -> str:
    """The flowchart, top down; open boxes are subgraphs."""
    root = diagram.root
    open = opened(root, depth)
    lines = ["flowchart TD"]
    for child in root.children:
        lines.extend(_box(child, open, "  "))
    for edge in edges(root, open, diagram.labels):
        lines.append(f'  n{edge.source} -->|"{escaped(edge.shape)}"| n{edge.target}')
    lines.extend(_classes(root, open))
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A text for a quoted label: what is no plain sign as the number of its character."""
    return "".join(char if char in _SAFE else f"#{ord(char)};" for char in text)


def _box(box: Box, open: Collection[int], indent: str) -> Iterator[str]:
    if box.children and box.number in open:
        yield f'{indent}subgraph n{box.number} ["{_label(box, " ")}"]'
        for child in box.children:
            yield from _box(child, open, indent + "  ")
        yield f"{indent}end"
        return
    left, right = _SHAPES.get(box.kind, ("[[", "]]"))
    yield f'{indent}n{box.number}{left}"{_label(box, "<br/>")}"{right}'


def _label(box: Box, between: str) -> str:
    return between.join(map(escaped, box.lines))


def _classes(root: Box, open: Collection[int]) -> Iterator[str]:
    """The colour of each family of ops that is to be seen, and of open boxes."""
    members: dict[str, list[str]] = {}
    for box in visible(root, open):
        members.setdefault(family(box), []).append(f"n{box.number}")
    for name, numbers in members.items():
        colours = FAMILIES[name]
        yield f"  classDef {name} fill:{colours.fill},stroke:{colours.line},color:#1c2128"
        yield f"  class {','.join(numbers)} {name}"
    inner = [f"n{box.number}" for box in root.every if box.number in open and box is not root]
    if inner:
        yield "  classDef open fill:#f5f7fa,stroke:#c9d1da,color:#1c2128"
        yield f"  class {','.join(inner)} open"
