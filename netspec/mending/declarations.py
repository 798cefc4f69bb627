"""An input that is declared wrongly: two dimensions under one name, one that is missing, the wrong dtype."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Edit, Span
from netspec.mending.change import Change, instead, written
from netspec.mending.scene import Path, Scene
from netspec.syntax import Mapping, Node, Scalar, Sequence

_NAMES = ("N", "C", "T", "H", "W", "L", "D", "K", "M")
_CODES = frozenset(
    "NS401 NS402 NS403 NS404 NS405 NS407 NS408 NS410 NS301 NS303 NS204 NS205 NS411 NS502".split()
)


def declared(scene: Scene) -> Iterator[Change]:
    """Other dimensions and dtypes of the inputs."""
    if not any(each.code in _CODES for each in scene.errors[:3]):
        return
    for shape in _shapes(scene.root, ()):
        yield from _dimensions(scene, shape)
    for slot in scene.values:
        if slot.section == "inputs" and slot.path[-1] == "dtype":
            yield from _dtypes(scene, slot.node.span)


def _shapes(node: Node, path: Path) -> Iterator[Sequence]:
    """Every list of dimensions below `inputs`."""
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                if "inputs" in path or entry.name in ("inputs", "blocks") or path[:1] == ("blocks",):
                    yield from _shapes(entry.value, (*path, entry.name))
        case Sequence(items=items) if "inputs" in path:
            if all(isinstance(item, Scalar) for item in items):
                yield node
            else:
                for item in items:
                    yield from _shapes(item, path)


def _dimensions(scene: Scene, shape: Sequence) -> Iterator[Change]:
    texts = [item.span.text for item in shape.items]
    names = [re.split(r"<?=", text)[0] for text in texts]
    fresh = [name for name in _NAMES if name not in names]
    distance = scene.distance(shape.span)
    if not shape.flow or distance > 1:
        return
    for index, (item, name) in enumerate(zip(shape.items, names, strict=True)):
        if names.count(name) > 1 and name.isidentifier():
            new = _fitting(fresh, names, index)
            text = new + item.span.text[len(name) :]
            likely = (1.0, float(index))
            yield Change(
                written(item.span, text), item.span, instead(item.span, text), (-1.0, distance), likely
            )
    first = scene.errors[0]
    if first.code != "NS401" and not re.search("(differs?|fails) for", first.message):
        return
    for index in range(len(texts), -1, -1):
        new = _fitting(fresh, names, index)
        yield _inserted(shape, index, new, distance)


def _fitting(fresh: list[str], names: list[str], index: int) -> str:
    """A usual name for a dimension: behind H comes W."""
    before = names[index - 1] if index else ""
    usual = {"H": "W", "": "N", "N": "T", "T": "H"}.get(before)
    return usual if usual in fresh else fresh[0] if fresh else "K"


def _inserted(shape: Sequence, index: int, name: str, distance: int) -> Change:
    if index < len(shape.items):
        start, text = shape.items[index].span.start, f"{name}, "
    else:
        start, text = (shape.items[-1].span.end if shape.items else shape.span.end - 1), f", {name}"
    at = Span(shape.span.source, start, start)
    title = f"Add a dimension `{name}` to `{shape.span.text}`"
    return Change((Edit(at, text),), shape.span, title, (-0.5, distance, -index), (1.0, float(index)))


def _dtypes(scene: Scene, span: Span) -> Iterator[Change]:
    said = re.findall(
        r"\b(?:float|int|complex|bool|uint)\d*\b", " ".join(e.message for e in scene.errors[:2])
    )
    for text in dict.fromkeys(("float32", *said, "int64")):
        if text != span.text:
            yield Change(written(span, text), span, instead(span, text), (-1.0, scene.distance(span)), (1.0,))
