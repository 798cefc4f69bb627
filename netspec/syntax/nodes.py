"""The nodes of a YAML document, each with its span.

Block collections end where the next token starts, far past their last line, so a report about a
block mapping or list underlines its key (`Entry.key.span`); `Node.span` is exact for scalars and
flow collections and is cut to the first line for block collections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from netspec.diagnostics import Span

Plain: TypeAlias = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """One scalar: its value by the YAML 1.2 core rules and its text as written (unquoted)."""

    value: Plain
    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        """The key as text: `1` and `true` are names where the language wants a name."""
        return self.key.text


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in the order of the text; a key that stands twice is here twice (and was reported)."""

    entries: tuple[Entry, ...]
    span: Span
    flow: bool = False

    def entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    def get(self, name: str) -> Node | None:
        entry = self.entry(name)
        return None if entry is None else entry.value

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping


def kind_of(node: Node) -> str:
    """What a person would call the node: `a list`, `the number 3`, `the text 'a'`, ..."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool(value)):
            return f"the boolean `{str(value).lower()}`"
        case Scalar(value=int() | float()):
            return f"the number {node.text}"
    return f"the text {node.text!r}"
