"""Layers that were added, removed, renamed, moved, changed or replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from netspec.graph.ir import ModuleNode
from netspec.resolve.program import BASE
from netspec.shapes.call import AUTO
from netspec.views.diff.pairs import Path, Side
from netspec.views.diff.records import Argument, LayerChange, LayerKind
from netspec.views.spelling import call_text, layer_arguments, value_text


def layer_changes(before: Side, after: Side, paired: Mapping[Path, Path]) -> tuple[LayerChange, ...]:
    """The changes in the order of the new network, then what is no longer there."""
    old = {new: path for path, new in paired.items()}
    found: list[LayerChange] = []
    changed: set[Path] = set()
    for node in after.graph.modules.values():
        if node.absent or not node.path:
            continue
        change = None
        if node.path in old:
            change = _change(before, after, before.graph.modules[old[node.path]], node, paired)
        elif node.path[:-1] in old:
            change = _alone("added", after, node, old.keys())
        if change is None:
            continue
        found.append(replace(change, within=_around(node.path, changed)))
        if change.kind == "replaced" or (change.arguments and node.block is not None):
            changed.add(node.path)
    for node in before.graph.modules.values():
        if not node.absent and node.path not in paired and node.path[:-1] in paired:
            change = _alone("removed", before, node, paired.keys())
            found.append(replace(change, within=_around((*paired[node.path[:-1]], node.path[-1]), changed)))
    return tuple(found)


def _around(path: Path, changed: set[Path]) -> str:
    """The outermost changed block that a layer lies in."""
    return next((name_of(path[:n]) for n in range(1, len(path)) if path[:n] in changed), "")


def _alone(kind: LayerKind, side: Side, node: ModuleNode, known: Iterable[Path]) -> LayerChange:
    """A layer that only one network has; what is in it and goes on elsewhere is not counted."""
    kept = {*known}
    inside = [
        each
        for each in side.graph.modules.values()
        if each.path[: len(node.path)] == node.path and not each.absent and each.path not in kept
    ]
    name = name_of(node.path)
    before, after = (None, name) if kind == "added" else (name, None)
    return LayerChange(kind, before, after, op_text(side, node), layers=len(inside))


def _change(
    before: Side, after: Side, one: ModuleNode, other: ModuleNode, paired: Mapping[Path, Path]
) -> LayerChange | None:
    arguments = differing(before.settings(one), after.settings(other))
    name, new = name_of(one.path), name_of(other.path)
    if one.class_name != other.class_name:
        kind: LayerKind = "replaced"
    elif paired.get(one.path[:-1]) != other.path[:-1]:
        kind = "moved"
    elif one.path[-1] != other.path[-1]:
        kind = "renamed"
    else:
        kind = "changed"
    if kind == "changed" and not arguments:
        return None
    if kind == "replaced":
        return LayerChange(kind, name, new, op_text(after, other), was=op_text(before, one))
    return LayerChange(kind, name, new, op_text(after, other), arguments)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Argument, ...]:
    """The arguments whose values differ."""
    found = []
    for name in dict.fromkeys((*before, *after)):
        one, other = (
            value_text(each[name]) if name in each and each[name] is not AUTO else None
            for each in (before, after)
        )
        if one != other:
            found.append(Argument(name, one, other))
    return tuple(found)


def op_text(side: Side, node: ModuleNode) -> str:
    """`Conv2d(1, 32, 3)`; a container by its name alone."""
    if node.op is None:
        return node.class_name
    return call_text(node.class_name, layer_arguments(node, side.shapes), node.op.signatures)


def name_of(path: Path) -> str:
    return ".".join(part for part in path if part != BASE)
