"""Rules by op name, over files that are imported when needed: the first file that knows a name has it.

A spec names few ops, and most of those stand in the first files; that keeps checking fast to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


class Families(Mapping[str, T]):
    """The tables called `table` in the modules `names` of a package, as one mapping; `made` is what
    becomes of an entry. What a file says of an op stands beside its rule (in `RULES`)."""

    def __init__(
        self, package: str, names: tuple[str, ...], table: str, made: Callable[[Any], T] = lambda rule: rule
    ) -> None:
        self._files = [f"{package}.{name}" for name in names]
        self._table = table
        self._made = made
        self._found: dict[str, T] = {}
        self._ruled: set[str] = set()

    def _load(self) -> None:
        """Import the next file."""
        file = import_module(self._files.pop(0))
        self._ruled.update(file.RULES)
        self._found.update({op: self._made(each) for op, each in getattr(file, self._table).items()})

    def __getitem__(self, op: str) -> T:
        while op not in self._ruled and self._files:
            self._load()
        return self._found[op]

    def _all(self) -> dict[str, T]:
        while self._files:
            self._load()
        return self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
