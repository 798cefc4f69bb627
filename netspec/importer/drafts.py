"""Steps whose values are still numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netspec.importer.graph import Ref
from netspec.importer.modes import OFFSET, Join
from netspec.importer.sketch import Const, Tree

LIST = 3 * OFFSET
"""The number of the list that a module gathers values in."""


@dataclass(slots=True)
class Source:
    """What flows in: a value, a text (a tensor's path, an expression), a constant, or a branch."""

    value: int | None = None
    text: str | None = None
    const: Const | None = None
    branch: list[Draft] | None = None


@dataclass(slots=True)
class Draft:
    """A step whose values are still numbers."""

    op: str
    args: list[Tree] = field(default_factory=list)
    kwargs: dict[str, Tree] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    named_sources: dict[str, Source] = field(default_factory=dict)
    results: Any = None
    mentions: list[int] = field(default_factory=list)
    sizes: list[str] | None = None
    train: list[Draft] | None = None
    eval: list[Draft] | None = None
    joins: list[Join] = field(default_factory=list)
    appended: bool = False

    @property
    def all_sources(self) -> list[Source]:
        return [*self.sources, *self.named_sources.values()]

    @property
    def value(self) -> int | None:
        return self.results.value if isinstance(self.results, Ref) else None


def uses_in(drafts: list[Draft]) -> Iterator[int]:
    for draft in drafts:
        for source in draft.all_sources:
            if source.value is not None:
                yield source.value
            yield from uses_in(source.branch or [])
        yield from draft.mentions
        for join in draft.joins:
            yield from (join.train, join.eval)
        yield from uses_in([*(draft.train or ()), *(draft.eval or ())])
