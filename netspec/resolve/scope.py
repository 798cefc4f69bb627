"""The `$` names that an expression may refer to at one place of a module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

NameKind: TypeAlias = Literal["param", "let", "loop", "dimension", "mode"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with their kind. `construction`: the place is decided when the module is built, so
    dimensions, which only a call knows, have no value here."""

    names: Mapping[str, NameKind] = field(default_factory=lambda: MappingProxyType({}))
    construction: bool = True

    def with_names(self, names: Iterable[str], kind: NameKind) -> Scope:
        return Scope({**self.names, **dict.fromkeys(names, kind)}, self.construction)

    @property
    def in_forward(self) -> Scope:
        return Scope({**self.names, "training": "mode"}, construction=False)

    @property
    def usable(self) -> tuple[str, ...]:
        """The names that have a value at this place."""
        return tuple(
            name for name, kind in self.names.items() if not (self.construction and kind == "dimension")
        )
