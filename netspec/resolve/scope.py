"""The `$` names that an expression may refer to at one place of a module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

NameKind: TypeAlias = Literal["param", "let", "loop", "dimension", "mode"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with their kind. `construction`: the place is decided when the module is built, so
    dimensions, which only a call knows, have no value here. `incomplete`: a declaration was reported
    that may have held further names, so that an unknown one is no fault of its own."""

    names: Mapping[str, NameKind] = field(default_factory=lambda: MappingProxyType({}))
    construction: bool = True
    incomplete: bool = False

    def with_names(self, names: Iterable[str], kind: NameKind) -> Scope:
        return replace(self, names={**self.names, **dict.fromkeys(names, kind)})

    @property
    def in_forward(self) -> Scope:
        return replace(self, names={**self.names, "training": "mode"}, construction=False)

    @property
    def at_construction(self) -> Scope:
        """The same names at a place that is decided when the module is built, as the loops and
        conditions of forward are."""
        return replace(self, construction=True)

    @property
    def usable(self) -> tuple[str, ...]:
        """The names that have a value at this place."""
        return tuple(
            name for name, kind in self.names.items() if not (self.construction and kind == "dimension")
        )
