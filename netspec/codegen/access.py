"""How forward reaches the layers that it calls: `self.features[0]`, `getattr(self, f"block{i}")`.

The path of a call may hold expressions; which layers it can lead to is known all the same, and with
it whether one of them is a list of layers, or absent for some params.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netspec.codegen.layers import is_attribute
from netspec.codegen.spelling import Spelling, literal
from netspec.resolve.program import BASE, Formula, Interpolated, Layer, PathPart, entries, find_entry


@dataclass(frozen=True, slots=True)
class Reached:
    """What a path can lead to. `parent` is the text of what holds it, in a container of the kind
    `container` ("" for the module itself), and `key` its name there; `conditional` tells whether
    params decide if it exists."""

    layers: tuple[Layer, ...]
    parent: str
    container: str
    key: str
    conditional: bool

    @property
    def is_list(self) -> bool:
        """Whether it is a `ModuleList`, which cannot be called as a whole."""
        return any(layer.container == "ModuleList" for layer in self.layers)

    @property
    def may_be_absent(self) -> bool:
        """Whether its place may be empty; the entries of a list close up. The check that a layer is not
        None stands even where the step's own `when` implies it: TorchScript follows no other."""
        return self.conditional and self.container in ("", "ModuleDict")


def access(
    path: tuple[PathPart, ...], layers: tuple[Layer, ...], spelling: Spelling, container: str = ""
) -> str:
    """The Python that reaches a layer of a module, which may itself be a `container`."""
    text = "self"
    for part in path:
        if part == BASE:
            continue
        text = _step(text, part, container, spelling)
        found = list(_candidates(layers, part))
        container = next((layer.container for layer, _ in found if layer.container), "")
        layers = tuple(child for layer, _ in found for child in layer.children)
    return text


def reach(
    path: tuple[PathPart, ...], layers: tuple[Layer, ...], spelling: Spelling, container: str = ""
) -> Reached:
    """All that is known of the end of a path."""
    *above, last = path
    parent = access(tuple(above), layers, spelling, container)
    for part in above:
        found = list(_candidates(layers, part))
        container = next((layer.container for layer, _ in found if layer.container), "")
        layers = tuple(child for layer, _ in found for child in layer.children)
    ends = list(_candidates(layers, last))
    key = literal(last) if isinstance(last, str) else spelling.text(last)
    conditional = any(may for _, may in ends)
    return Reached(tuple(layer for layer, _ in ends), parent, container, key, conditional)


def _step(text: str, part: PathPart, container: str, spelling: Spelling) -> str:
    if not isinstance(part, str):
        if container in ("Sequential", "ModuleList") and isinstance(part, Formula):
            return f"{text}[{spelling.formula(part)}]"
        if container == "ModuleDict":
            return f"{text}[{spelling.text(part)}]"
        return f"getattr({text}, {spelling.text(part)})"
    if container == "ModuleDict":
        return f"{text}[{literal(part)}]"
    if container and part.isdecimal():
        return f"{text}[{part}]"
    return f"{text}.{part}" if is_attribute(part) else f"getattr({text}, {literal(part)})"


def _candidates(layers: tuple[Layer, ...], part: PathPart) -> Iterator[tuple[Layer, bool]]:
    """The entries that a part of a path can mean, each with whether it may be absent."""
    known = {id(layer): may for layer, may in _conditional(layers, may=False)}
    if isinstance(part, str):
        layer = find_entry(layers, part)
        found = [] if layer is None else [layer]
    else:
        pattern = _pattern(part)
        found = [layer for layer in entries(layers) if layer.name is None or pattern.fullmatch(layer.name)]
    yield from ((layer, known[id(layer)]) for layer in found)


def _conditional(layers: tuple[Layer, ...], *, may: bool) -> Iterator[tuple[Layer, bool]]:
    """The entries, those of groups in place; a group's `when` is that of its entries."""
    for layer in layers:
        here = may or layer.when is not None
        if layer.group:
            yield from _conditional(layer.children, may=here)
        else:
            yield layer, here


def _pattern(part: Interpolated | Formula) -> re.Pattern[str]:
    parts = part.parts if isinstance(part, Interpolated) else (part,)
    return re.compile("".join(re.escape(each) if isinstance(each, str) else ".+" for each in parts))
