"""A number that is off: by one, by a factor, by its sign, or in the place of another of the message."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Iterator

from netspec.mending.change import Change, instead, written
from netspec.mending.scene import Scene, Slot

_SECTIONS = ("layers", "sequential", "forward", "inputs", "params", "let", "model", "parameters", "buffers")
_NO_NUMBERS = frozenset("from as doc length min max range".split())
_MOST_SIBLINGS = 3
_FAR = 4  # lines; beyond, only what the message says is tried
_LARGE = 8


def resized(scene: Scene) -> Iterator[Change]:
    """Other numbers in place of each: those of the message, of the same argument elsewhere, and near ones."""
    yield from recomputed(scene)
    inputs = scene.errors[0].code != "NS404"  # the input is as large as it is said to be
    for slot in _numeric(scene):
        if "$" not in slot.text and (inputs or slot.section != "inputs"):
            yield from _of_value(scene, slot)


def revalued(scene: Scene) -> Iterator[Change]:
    """Other values in place of those that are marked, or that the messages name: what stands in their place
    elsewhere, and for numbers what lies next to them in the range."""
    yield from unwrapped(scene)
    for slot in _numeric(scene):
        marked, value = _is_marked(scene, slot), slot.node.value
        odd = scene.siblings[slot.role][slot.text] == 1
        named = type(value) is int and value in scene.said and odd
        text = slot.node.span.text
        if not (marked or named or slot.section == "params") or "$" in text or slot.section == "inputs":
            continue
        siblings = [each for each, _ in scene.siblings[slot.role].most_common() if each != text]
        usual = [each for each in siblings if re.fullmatch(r"\d+(\.\d+)?|true|false|\$\w+", each)]
        proposals = usual[:_MOST_SIBLINGS] if type(value) is not bool else []
        if type(value) is int and value <= 0:
            proposals = [str(-value) if value else "1", *proposals]
        if isinstance(value, float) and 1 < value < math.inf:
            proposals = [str(int(value)), *proposals]
        if slot.node.quoted and re.fullmatch(r"-?\d+(\.\d+)?", slot.node.text):
            proposals = [slot.node.text]
        for rank, proposal in enumerate(dict.fromkeys(proposals)):
            order = (0.0 if marked or slot.node.quoted else 0.5, scene.distance(slot.node.span), rank)
            yield _change(scene, slot, proposal, order, 1)


def unwrapped(scene: Scene) -> Iterator[Change]:
    """A value in place of a list of one."""
    span = scene.errors[0].span
    if span.source is scene.source and (found := re.fullmatch(r"\[([\w.]+)\]", span.text)):
        yield Change(written(span, found[1]), span, instead(span, found[1]), (-1.0,), (1.0, 0.0, 0.0))


def recomputed(scene: Scene) -> Iterator[Change]:
    """Other numbers and operators in expressions."""
    for slot in _numeric(scene):
        if "$" in slot.text:
            yield from _of_expression(scene, slot)
    for slot in scene.keys:
        if slot.section == "layers" and "$(" in slot.text:
            yield from _of_expression(scene, slot)


def _numeric(scene: Scene) -> Iterator[Slot]:
    for slot in scene.values:
        if slot.section in _SECTIONS and not _NO_NUMBERS & set(map(str, slot.inside)):
            yield slot


def _of_value(scene: Scene, slot: Slot) -> Iterator[Change]:
    """Up to where a slot's value stands out among those of its role, or is near what is marked."""
    seen = {slot.text}
    distance = scene.distance(slot.node.span)
    own = scene.siblings[slot.role][slot.text]
    for tier, surprise, text in _proposals(scene, slot):
        stands_out = scene.siblings[slot.role][text] > own
        if text not in seen and (distance <= _FAR or tier < 0.5 or (stands_out and scene.is_spatial)):
            seen.add(text)
            rare = scene.numbers[slot.text] if tier == 0 else own - scene.siblings[slot.role][text]
            yield _change(scene, slot, text, (tier, rare, distance), surprise)


def _change(scene: Scene, slot: Slot, text: str, order: tuple[float, ...], surprise: float) -> Change:
    """`surprise`: how unlikely it would be that the change mends the spec by chance."""
    familiar = scene.numbers[text] - (scene.numbers[slot.text] - 1)
    here = scene.siblings[slot.role]
    span = slot.node.span
    likely = (surprise, float(here[text] - here[slot.text] + 1), float(familiar))
    return Change(written(span, text), span, instead(span, text), order, likely)


def _proposals(scene: Scene, slot: Slot) -> Iterator[tuple[float, float, str]]:
    """Texts for a slot, each with when to try it and how telling it is."""
    value, marked = slot.node.value, _is_marked(scene, slot)
    siblings = [text for text, _ in scene.siblings[slot.role].most_common() if text != slot.text]
    plain = [text for text in siblings if re.fullmatch(r"[\d.]+|true|false|\$\w+", text)]
    if type(value) is not int:
        return
    near = {str(value - 1), str(value + 1), *plain}
    for other in scene.said if value in scene.said and (abs(value) > 1 or slot.section == "inputs") else ():
        fits = marked and scene.errors[0].code == "NS404"
        yield 0, 2 if fits else float(str(other) in near), str(other)
    tier = 0.5 if marked else 0.8 if scene.distance(slot.node.span) <= 1 else 1
    tier += 0 if scene.is_spatial == slot.is_spatial else 0.3
    if value < 0:
        yield tier, 1, str(-value)
    own = scene.siblings[slot.role][slot.text]
    for text in plain[:_MOST_SIBLINGS]:
        stands_out = scene.siblings[slot.role][text] > own and scene.is_spatial == slot.is_spatial
        yield (0.4 if stands_out else tier), 1, text
    # Where an input is too small, the numbers are no two sizes that should be one.
    differing = scene.said[:3] if scene.errors[0].code != "NS404" else ()
    for first, second in itertools.permutations(differing, 2):
        if value + first - second > 0 and abs(first - second) < 10_000 and value > _LARGE:
            near_by = scene.distance(slot.node.span) <= 1
            yield 0.3 if near_by and not slot.is_spatial else tier + 0.05, 1, str(value + first - second)
    if value > 0:
        yield tier, 1, str(value - 1)
    if 0 < value <= _LARGE:
        yield tier + 0.1, 1, str(value + 1)
    if value > _LARGE:
        yield tier + 0.1, 1, str(2 * value)
    if marked and 0 <= value <= _LARGE:
        soon = 0.1 if scene.errors[0].code == "NS406" else tier + 0.2
        yield from ((soon, 0, text) for text in ("1", "2", "3", "-1"))


def _is_marked(scene: Scene, slot: Slot) -> bool:
    start, end = slot.node.span.start, slot.node.span.end
    return any(
        each.span.source is scene.source and each.span.start <= start and end <= each.span.end
        for each in scene.errors[:3]
    )


_TOKEN = re.compile(r"(?<![\w.])\d+(?![\w.])|//|\*\*|[-+*]")
_OTHERS = {"+": ("*", "-"), "-": ("+",), "*": ("//", "+"), "//": ("*",), "**": ("*",)}


def _of_expression(scene: Scene, slot: Slot) -> Iterator[Change]:
    """A number or an operator of an expression."""
    span = slot.node.span
    tier = 0.6 if _is_marked(scene, slot) else 0.9
    for found in _TOKEN.finditer(slot.text):
        sign = found.group()
        if sign in _OTHERS and re.match(r" 1\b", slot.text[found.end() :]):
            continue  # times one is no better than plus one
        others: tuple[str, ...] = _OTHERS.get(sign, ())
        if sign.isdigit():
            number = int(sign)
            others = (*(str(n) for n in (number - 1, number + 1) if n > 0), *(("0",) if number > 2 else ()))
        for other in others:
            text = slot.text[: found.start()] + other + slot.text[found.end() :]
            if _is_parsable(text):
                distance = scene.distance(span)
                yield Change(
                    written(span, text), span, instead(span, text), (tier, distance), (1.0, 0.0, 0.0)
                )


def _is_parsable(text: str) -> bool:
    code = text.strip("\"'").removeprefix("$")
    try:
        ast.parse(code, mode="eval")
    except (SyntaxError, ValueError):
        return "$(" in text[2:]
    return True
