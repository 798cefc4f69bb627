"""A source or a result that is another value, or is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Edit, Span, near
from netspec.mending.change import Change, instead, written
from netspec.mending.scene import Path, Scene, Slot
from netspec.syntax import Mapping, Node, Scalar, Sequence

_NEAR = 2  # lines
_UNKNOWN_VALUE = re.compile(r"no value is called `(\w+)`")


def sourced(scene: Scene) -> Iterator[Change]:
    """Other sources for the steps near the findings, and a name for a result that has lost it."""
    names, missing = _names(scene), _missing(scene)
    for slot in scene.values:
        below = slot.inside[slot.inside.index("from") :] if "from" in slot.inside else ()
        is_source = slot.section == "forward" and 0 < len(below) <= 2 and slot.text not in missing
        if is_source and scene.distance(slot.node.span) <= _NEAR:
            yield from _others(scene, slot, names)
    for steps in _steps(scene.root, (), inside=False):
        for index, step in enumerate(steps.items):
            yield from _named(scene, steps, index, names)
            if scene.distance(step.span) <= _NEAR:
                yield from _added(scene, step, names)


def _names(scene: Scene) -> dict[Path, list[str]]:
    """The values of each module, those first that are used nowhere; its first input is used in any case."""
    found: dict[Path, list[str]] = {}
    for slot in scene.slots:
        is_input = slot.is_key and slot.section == "inputs" and len(slot.inside) == 2
        is_result = not slot.is_key and "as" in slot.inside and slot.section == "forward"
        is_own = slot.is_key and slot.section in ("parameters", "buffers") and len(slot.inside) == 2
        if (is_input or is_result or is_own) and slot.text != "_":
            found.setdefault(slot.module, []).append(slot.text)
    return {
        path: sorted(dict.fromkeys(names[1:] + names[:1]), key=lambda name: scene.count(name) > 1)
        for path, names in found.items()
    }


def _first_input(scene: Scene, module: Path) -> str:
    """The first current value of a module, which needs no mention."""
    inputs = (slot for slot in scene.keys if slot.module == module and slot.section == "inputs")
    return next((slot.text for slot in inputs if len(slot.inside) == 2), "")


def _others(scene: Scene, slot: Slot, names: dict[Path, list[str]]) -> Iterator[Change]:
    """Another value in place of a source."""
    span = slot.node.span
    first = _first_input(scene, slot.module)
    for rank, name in enumerate((*names.get(slot.module, ()), "_")):
        if name != slot.text:
            unused = float(scene.count(name) == 1 and name != first)
            yield Change(
                written(span, name), span, instead(span, name), (0.6 - unused, scene.distance(span), rank),
                (1.0, unused, 0.0),
            )  # fmt: skip


def _steps(node: Node, path: Path, *, inside: bool) -> Iterator[Sequence]:
    """Every list of steps."""
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                yield from _steps(entry.value, (*path, entry.name), inside=entry.name in ("forward", "steps"))
        case Sequence(items=items):
            if inside:
                yield node
            for item in items:
                yield from _steps(item, path, inside=False)


def _named(scene: Scene, steps: Sequence, index: int, names: dict[Path, list[str]]) -> Iterator[Change]:
    """`as` with the name that the findings miss."""
    step = steps.items[index]
    known = list(dict.fromkeys(name for values in names.values() for name in values))
    for name in _missing(scene):
        if near(name, known) is not None:
            continue  # misspelled, and not without a name
        use = next((e.span.start for e in scene.errors if f"`{name}`" in e.message), 0)
        if step.span.start < use and not _has(step, "as"):
            distance = scene.source.position(use).line - step.span.start_position.line
            yield from _with(step, "as", name, (0.4, distance), (-1.0, 0.0, -distance))


def _missing(scene: Scene) -> list[str]:
    found = [_UNKNOWN_VALUE.search(each.message) for each in scene.errors[:3]]
    names = list(dict.fromkeys(each[1] for each in found if each is not None))
    return [*names, f"[{', '.join(names)}]"] if len(names) > 1 else names


def _added(scene: Scene, step: Node, names: dict[Path, list[str]]) -> Iterator[Change]:
    """`from` with a value, or one more source beside those that are there."""
    module = next(
        (slot.module for slot in scene.slots if step.span.start <= slot.node.span.start < step.span.end), ()
    )
    known = names.get(module, [])
    source = step.get("from") if isinstance(step, Mapping) else None
    first = _first_input(scene, module)
    layers = (f"[{name}]" for name in scene.unused if name not in known)
    for rank, name in enumerate((*layers, *known, "_")):
        unused = (scene.count(name) == 1 and name != first) or name[:1] == "["
        likely = (1.0, float(unused), 0.0)
        order = (-0.8 if unused or scene.errors[0].code == "NS203" else 0.5, float(scene.distance(step.span)))
        if source is None:
            if not unused and scene.distance(step.span) > 0:
                continue
            yield from _with(step, "from", name, (*order, rank), likely, telling=unused)
            yield from _with(step, "from", f"[_, {name}]", (*order, rank + 0.5), likely, telling=unused)
            yield from _with(step, "from", f"[{name}, _]", (*order, rank + 0.6), likely, telling=unused)
        elif isinstance(source, Sequence) and source.flow and source.items:
            for at, text in (
                (source.items[-1].span.end, f", {name}"),
                (source.items[0].span.start, f"{name}, "),
            ):
                span = Span(scene.source, at, at)
                title = f"Add `{name}` to `{source.span.text}`"
                yield Change(
                    (Edit(span, text),), source.span, title, (*order, rank), likely, telling=bool(unused)
                )  # fmt: skip


def _has(step: Node, key: str) -> bool:
    return isinstance(step, Mapping) and step.entry(key) is not None


def _with(
    step: Node,
    key: str,
    text: str,
    order: tuple[float, ...],
    likely: tuple[float, ...],
    *,
    telling: bool = False,
) -> Iterator[Change]:
    """A step with one more key."""
    title = f"Add `{key}: {text}` to `{step.span.text}`"
    match step:
        case Scalar(span=span):
            edits = written(span, f"{{{span.text}, {key}: {text}}}")
            yield Change(edits, span, title, order, likely, telling=telling)
        case Mapping(entries=entries, span=span, flow=True) if entries:
            at = Span(span.source, span.end - 1, span.end - 1)
            yield Change((Edit(at, f", {key}: {text}"),), span, title, order, likely, telling=telling)
