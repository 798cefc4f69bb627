"""Entries of `layers` and of containers, and how a path leads to one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.resolve.argument_records import (
    Argument,
    Arguments,
    Formula,
    Interpolated,
    Turns,
)

BASE = "super()"
"""The name of the layer that stands for what a block extends; no spec can write it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """An entry of `layers` or of a container.

    `op` is set for a catalog layer or a block (whose op has the block's params as its signature),
    `container` with `children` for a container, `group` where the children stand in place. `name` is
    None for an entry of a list; `template` is set where the name holds an expression, `op_param` where
    the op is a param's (`{$norm: 64}`). A `discarded` one is built,
    takes part in `init`, and is no part of the module then. A `faulty` layer was reported; what it makes is
    unknown.
    """

    name: str | None
    span: Span
    op: Op | None = None
    op_span: Span | None = None
    arguments: Arguments = field(default_factory=Arguments)
    container: str | None = None
    children: tuple[Layer, ...] = ()
    template: Interpolated | Formula | None = None
    op_param: str | None = None
    when: Argument | None = None
    repeat: Argument | None = None
    turns: Turns | None = None
    group: bool = False
    discarded: bool = False
    faulty: bool = False

    @property
    def class_name(self) -> str:
        return self.container or (self.op.name if self.op is not None else "?")

    @property
    def label(self) -> str:
        """How messages and lookups call it."""
        return self.name if self.name is not None else self.class_name

    @property
    def is_plain(self) -> bool:
        """Whether it is exactly one layer, whatever the params."""
        clauses = (self.when, self.repeat, self.turns, self.template)
        return not self.group and all(clause is None for clause in clauses)


def find_layer(layers: tuple[Layer, ...], path: tuple[str, ...]) -> Layer | None:
    """The entry that a path leads to: by its name as written (`block$i`), by one that a name with an
    expression can become (`block3`), or by its number in a list."""
    found: Layer | None = None
    for part in path:
        found = find_entry(layers, part)
        if found is None:
            return None
        layers = found.children
    return found


def find_entry(layers: tuple[Layer, ...], name: str) -> Layer | None:
    known = _indexed(_Same(layers))
    if name in known.by_name:
        return known.by_name[name]
    for layer in known.templates:
        if name_pattern(layer).fullmatch(name):
            return layer
    if not (known.is_list and name.isdecimal() and int(name) < len(known.every)):
        return None
    # Which entry has this number may depend on the params; all that is alike is known.
    return known.every[int(name)] if known.is_plain or known.is_alike else None


def is_faulty(layers: tuple[Layer, ...], name: str) -> bool:
    """Whether a layer of this very name, which may have a dot, was reported."""
    return name in _indexed(_Same(layers)).faulty


class _Same:
    """Layers as a key of the cache: equal where they are the same object, since comparing all costs more."""

    __slots__ = ("layers",)

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers

    def __hash__(self) -> int:
        return id(self.layers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.layers is other.layers


class _Index:
    """What finding an entry needs, made once for all the steps that call one of the layers."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.every = list(entries(layers))
        self.by_name = {each.name: each for each in reversed(self.every) if each.name is not None}
        self.faulty = {each.name for each in layers if each.faulty}
        self.templates = [each for each in self.every if each.template is not None]
        self.is_list = all(each.name is None for each in self.every)
        self.is_plain = all(each.is_plain for each in self.every)
        self.is_alike = len({id(each.op) for each in self.every}) == 1


@lru_cache(maxsize=32)
def _indexed(same: _Same) -> _Index:
    return _Index(same.layers)


def entries(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The layers that a module keeps, those of groups in place of the groups."""
    for layer in layers:
        if layer.group:
            yield from entries(layer.children)
        elif not layer.discarded:
            yield layer


def name_pattern(layer: Layer) -> re.Pattern[str]:
    """What the name of a layer can become, whatever the values of its expressions."""
    match layer.template:
        case Interpolated(parts=parts):
            return re.compile("".join(re.escape(p) if isinstance(p, str) else ".+" for p in parts))
    return re.compile(".+")
