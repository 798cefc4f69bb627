"""DOT: the language of Graphviz. Open boxes are clusters; names are escaped as its quoted texts need it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netspec.views.diagram.folding import edges, opened
from netspec.views.diagram.model import Box, Diagram
from netspec.views.diagram.palette import FAMILIES, family

_HEAD = """\
  rankdir=TB;
  graph [fontname="Helvetica", fontsize=11, labeljust=l, color="#9aa4b2", style="rounded", ranksep=0.35];
  node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", margin="0.12,0.06"];
  edge [fontname="Courier", fontsize=9, color="#6b7684", arrowsize=0.6];"""


def dot(diagram: Diagram, depth: int | None = None) -> str:
    """The graph, top down."""
    root = diagram.root
    open = opened(root, depth)
    lines = [f"digraph {quoted(diagram.name)} {{", _HEAD]
    for child in root.children:
        lines.extend(_box(child, open, "  "))
    for edge in edges(root, open, diagram.labels):
        lines.append(f"  n{edge.source} -> n{edge.target} [label={quoted(edge.shape)}];")
    return "\n".join([*lines, "}"]) + "\n"


def quoted(*lines: str) -> str:
    """Lines as one quoted text. Control characters become spaces, which DOT has no escape for."""
    text = "\\n".join(map(_escaped, lines))
    return f'"{text}"'


def _escaped(text: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in text)
    # An ampersand would begin an HTML entity.
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _box(box: Box, open: Collection[int], indent: str) -> Iterator[str]:
    if box.children and box.number in open:
        yield f"{indent}subgraph cluster_{box.number} {{"
        yield f"{indent}  label={quoted('  '.join(box.lines))};"
        for child in box.children:
            yield from _box(child, open, indent + "  ")
        yield f"{indent}}}"
        return
    colours = FAMILIES[family(box)]
    more = ", peripheries=2" if box.children else ""
    look = f'fillcolor="{colours.fill}", color="{colours.line}"{more}'
    yield f"{indent}n{box.number} [label={quoted(*box.lines)}, {look}];"
