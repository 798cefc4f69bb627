"""Text with line numbers, and spans in it.

Offsets count code points from 0; lines and columns count from 1, as editors and SARIF do.

>>> source = Source("a.yaml", "name: Net\\nlayers:\\n")
>>> Span(source, 10, 16).start_position
Position(line=2, column=1)
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a text; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, eq=False)
class Source:
    """One file's text. `path` is what reports print; it need not exist on disk."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        for index, char in enumerate(self.text):
            if char == "\n":
                starts.append(index + 1)
        return starts

    def position(self, offset: int) -> Position:
        line = bisect.bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source, end exclusive."""

    source: Source
    start: int
    end: int

    @property
    def start_position(self) -> Position:
        return self.source.position(self.start)

    @property
    def end_position(self) -> Position:
        return self.source.position(self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another in the same source."""
        return Span(self.source, self.start, max(self.end, other.end))
