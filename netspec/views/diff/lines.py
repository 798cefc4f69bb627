"""A difference as lines for people: equal changes of the members of a list are told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from netspec.report.display import escaped
from netspec.views.diff.records import (
    Amount,
    Difference,
    Fate,
    KeyChange,
    LayerChange,
    ShapeChange,
    StepChange,
)

MOST = 24
"""Lines of a section; JSON has all."""
_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
_PATH = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)+")
_MARKS = {"added": "+", "removed": "-", "changed": "~", "replaced": "~", "renamed": ">", "moved": ">"}


@dataclass(frozen=True, slots=True)
class Line:
    """`mark` says at a glance what happened to `name`; `text` says it in words."""

    mark: str
    name: str
    text: str


def sections(found: Difference) -> Iterator[tuple[str, list[Line]]]:
    """The headings, each with its lines; only those that have some."""
    params = [
        Line("~", each.name, f"{each.before or 'none'} -> {each.after or 'none'}") for each in found.params
    ]
    parts = (
        ("params", params),
        ("inputs", [_shape(each) for each in found.inputs]),
        ("layers", [*_layers(found.layers)]),
        ("steps", [_step(each) for each in found.steps if not each.within]),
        ("shapes", [_shape(each) for each in found.shapes if not each.within]),
    )
    yield from ((heading, _grouped(lines)) for heading, lines in parts if lines)


def key_lines(found: Difference) -> list[Line]:
    """The keys of a checkpoint that are not simply kept; those of a layer that came or went together."""
    alone = {each.after or each.before or "" for each in found.layers if each.kind in ("added", "removed")}
    lines: list[Line] = []
    together: dict[tuple[str, str], int] = {}
    for each in found.keys:
        around = next((path for path in _prefixes(each.name) if path in alone), None)
        if each.fate in ("lost", "new") and around is not None:
            together[each.fate, around] = together.get((each.fate, around), 0) + 1
        elif each.fate != "kept":
            lines.append(_key(each))
    for (fate, path), count in together.items():
        lines.append(Line("-" if fate == "lost" else "+", path, f"{fate}, {count} tensors"))
    return _grouped(lines)


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:n]) for n in range(1, len(parts)))


def key_counts(found: Difference) -> str:
    return ", ".join(f"{found.count(fate)} {fate}" for fate in get_args(Fate))


def change_text(amount: Amount) -> tuple[str, str, str]:
    """A figure before, after, and the difference of the two, each with thousands separated."""
    before, after = (_known(each) for each in (amount.value_before, amount.value_after))
    if amount.value_before is None or amount.value_after is None:
        return before, after, "not known"
    more = amount.value_after - amount.value_before
    share = f" ({more / amount.value_before:+.1%})" if amount.value_before and more else ""
    return before, after, f"{more:+,}{share}" if more else "same"


def _known(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _layers(changes: tuple[LayerChange, ...]) -> Iterator[Line]:
    for each in changes:
        # What changed because the block around it did is part of that.
        if each.within:
            continue
        inside = sum(other.within == each.after for other in changes)
        yield _layer(each, f", and {inside} in it" if inside else "")


def _layer(change: LayerChange, inside: str) -> Line:
    name = change.before or change.after or ""
    arguments = ", ".join(map(str, change.arguments))
    match change.kind:
        case "added" | "removed":
            more = f", {change.layers} layers" if change.layers > 1 else ""
            text = change.op + more
        case "replaced":
            text = f"{change.was} -> {change.op}"
        case "changed":
            text = f"{change.op.partition('(')[0]}: {arguments}"
        case _:
            text = _renamed(change.kind, name, change.after or "") + (f": {arguments}" if arguments else "")
    return Line(_MARKS[change.kind], name, text + inside)


def _step(change: StepChange) -> Line:
    arguments = ", ".join(map(str, change.arguments))
    where = f"after {change.near}" if change.near else "at the beginning"
    return Line(_MARKS[change.kind], change.step, arguments or where)


def _shape(change: ShapeChange) -> Line:
    because = f", because of {change.because}" if change.because not in ("", change.step) else ""
    return Line("~", change.step, f"{change.before or 'none'} -> {change.after or 'none'}{because}")


def _key(change: KeyChange) -> Line:
    stored, own = (f"{each.dtype} {list(each.shape)}" if each else "" for each in (change.stored, change.own))
    match change.fate:
        case "lost":
            return Line("-", change.name, f"lost, {stored}")
        case "new":
            return Line("+", change.name, f"new, {own}")
        case "reshaped":
            name = f" as {change.after}" if change.after != change.before else ""
            return Line("~", change.name, f"reshaped{name}, {stored} -> {own}")
    return Line(">", change.name, _renamed("renamed", change.name, change.after or ""))


def _renamed(kind: str, before: str, after: str) -> str:
    """Where another member of a list came or went, those behind it have other numbers."""
    if _NUMBER.sub("*", before) == _NUMBER.sub("*", after):
        return f"renumbered to {after}"
    return f"{kind} to {after}"


def _grouped(lines: Iterable[Line]) -> list[Line]:
    """Lines that differ only in the numbers of members are one, with `*` for the numbers."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    for line in lines:
        text = _PATH.sub(lambda path: _NUMBER.sub("*", path[0]), line.text)
        groups.setdefault((line.mark, _NUMBER.sub("*", line.name), text), []).append(line)
    found = [
        group[0] if len(group) == 1 else Line(mark, name, f"{text} ({len(group)} times)")
        for (mark, name, text), group in groups.items()
    ]
    return [Line(each.mark, escaped(each.name), escaped(each.text)) for each in found]


def shortened(lines: list[Line]) -> tuple[list[Line], int]:
    """The first lines, and how many there are more."""
    return (lines, 0) if len(lines) <= MOST + 1 else (lines[:MOST], len(lines) - MOST)
