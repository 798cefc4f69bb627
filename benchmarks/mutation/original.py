"""A spec that gets mutated: its text, and every key, value and collection of it with its place.

`path` leads to a part from the top: `("layers", "fc1", "Linear", 0)`; a key has the path of its value.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_SECTIONS = ("params", "let", "inputs", "layers", "sequential", "parameters", "buffers", "forward", "outputs")


@dataclass(frozen=True)
class Part:
    """A key, a scalar or a collection; offsets into the text, end exclusive."""

    path: tuple[str | int, ...]
    role: str  # key, scalar, list or mapping
    start: int
    end: int
    flow: bool
    size: int = 0  # of a collection
    quoted: bool = False

    @property
    def section(self) -> str:
        """The key of the spec, or of the block, below which the part stands."""
        path = self.path[2:] if self.path[0] == "blocks" else self.path
        return str(path[0]) if path else "blocks"

    @property
    def inside(self) -> tuple[str | int, ...]:
        """The path below the section."""
        return self.path[3:] if self.path[0] == "blocks" else self.path[1:]


@dataclass(frozen=True)
class Original:
    """One file. `path` is where the files that it uses are looked up."""

    path: Path
    text: str

    @functools.cached_property
    def parts(self) -> tuple[Part, ...]:
        root = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        return tuple(each for each in _parts(root, ()) if each.path)

    @functools.cached_property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each line, without the line break."""
        ends = [each.start() for each in re.finditer(r"\n", self.text)]
        return tuple(zip([0, *(end + 1 for end in ends)], ends, strict=False))

    def of(self, part: Part) -> str:
        return self.text[part.start : part.end]

    def select(self, role: str, *sections: str) -> Iterator[Part]:
        for part in self.parts:
            if part.role == role and (not sections or part.section in sections):
                yield part

    def children(self, parent: Part) -> list[Part]:
        """The items of a list, or the keys of a mapping."""
        key = parent.role == "mapping"
        depth = len(parent.path) + 1
        return [
            part for part in self.parts
            if len(part.path) == depth and part.path[:-1] == parent.path and (part.role == "key") == key
        ]  # fmt: skip

    def line_of(self, offset: int) -> int:
        """The line (from 1) of an offset."""
        return self.text.count("\n", 0, offset) + 1


def _parts(node: yaml.Node, path: tuple[str | int, ...]) -> Iterator[Part]:
    start, end = node.start_mark.index, node.end_mark.index
    match node:
        case yaml.ScalarNode():
            yield Part(path, "scalar", start, end, False, quoted=bool(node.style))
        case yaml.SequenceNode():
            yield Part(path, "list", start, end, bool(node.flow_style), len(node.value))
            for index, item in enumerate(node.value):
                yield from _parts(item, (*path, index))
        case yaml.MappingNode():
            yield Part(path, "mapping", start, end, bool(node.flow_style), len(node.value))
            for key, value in node.value:
                inner = (*path, key.value)
                yield Part(
                    inner, "key", key.start_mark.index, key.end_mark.index, bool(node.flow_style),
                    quoted=bool(key.style),
                )  # fmt: skip
                yield from _parts(value, inner)
