"""Arguments in the wrong order, one that is missing or too many, steps in the wrong order."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from netspec.diagnostics import Edit, Span
from netspec.mending.change import Change
from netspec.mending.scene import Path, Scene
from netspec.syntax import Mapping, Node, Scalar, Sequence

_NEAR = 2  # lines


def rearranged(scene: Scene) -> Iterator[Change]:
    """Two arguments swapped, one added, one taken away."""
    for path, items in _lists(scene.root, ()):
        distance = scene.distance(items.span)
        if distance <= _NEAR and items.flow and {"layers", "sequential", "model"} & set(map(str, path)):
            yield from _swapped(items, distance)
            yield from _removed(items, distance)
            yield from _inserted(scene, path, items, distance)


def _lists(node: Node, path: Path) -> Iterator[tuple[Path, Sequence]]:
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                yield from _lists(entry.value, (*path, entry.name))
        case Sequence(items=items):
            if path and str(path[-1])[:1].isupper():
                yield path, node
            for index, item in enumerate(items):
                yield from _lists(item, (*path, index))


def _swapped(items: Sequence, distance: int) -> Iterator[Change]:
    scalars = [item for item in items.items if isinstance(item, Scalar)]
    for first, second in itertools.pairwise(scalars):
        if first.span.text != second.span.text:
            edits = (Edit(first.span, second.span.text), Edit(second.span, first.span.text))
            title = f"Swap `{first.span.text}` and `{second.span.text}`"
            yield Change(edits, first.span.to(second.span), title, (0.6, distance), (1.0, 0.0, 0.0))


def _removed(items: Sequence, distance: int) -> Iterator[Change]:
    for first, second in itertools.pairwise(items.items):
        for start, end, gone in (
            (first.span.start, second.span.start, first),
            (first.span.end, second.span.end, second),
        ):
            span = Span(items.span.source, start, end)
            title = f"Take `{gone.span.text}` away"
            yield Change((Edit(span, ""),), gone.span, title, (0.9, distance), (1.0, 0.0, 0.0))


def _inserted(scene: Scene, path: Path, items: Sequence, distance: int) -> Iterator[Change]:
    """An argument where one may be missing: what stands there in other layers, or near by."""
    near = [item.span.text for item in items.items if isinstance(item, Scalar)]
    said = [str(number) for number in scene.said]
    for index in range(len(near) + 1):
        siblings = scene.siblings.get((path[-1], index), Counter[str]())
        usual = [text for text in siblings if re.fullmatch(r"\d+|\$\w+", text)][:4]
        # Where the finding says no more than that one is missing, anything would do.
        others = () if scene.errors[0].code == "NS203" else (*said[:3], *near)
        for rank, text in enumerate(dict.fromkeys((*usual, *others))):
            if index < len(near):
                start, added = items.items[index].span.start, f"{text}, "
            else:
                start, added = items.items[index - 1].span.end, f", {text}"
            span = Span(items.span.source, start, start)
            title = f"Add `{text}` to `{items.span.text}`"
            yield Change(
                (Edit(span, added),),
                items.span,
                title,
                (0.0 if scene.errors[0].code == "NS203" else 1.0, distance, rank),
                (1.0, 0.0, 0.0),
            )
