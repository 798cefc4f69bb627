"""Text -> what a terminal shows of it: escapes for what must not reach it, and display columns.

Control characters would steer the terminal, bidirectional overrides would show a line in another
order than the one that is read, and invisible spaces would hide a fault; all are shown as escapes.

>>> escaped("a\\x1b[31mb")
'a\\\\x1b[31mb'
>>> Cells.of("網 = 1").edges
(0, 2, 3, 4, 5, 6)
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB_STOP = 4
_ESCAPED = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"))
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(text: str) -> str:
    """A text on one line, with nothing in it that a terminal would act on."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char == " " or unicodedata.category(char) not in _ESCAPED:
        return char
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _width(char: str) -> int:
    """Columns of one character that is not escaped (Unicode Standard Annex 11)."""
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Cells:
    """A line as shown: `texts[i]` is what stands for character i, from column `edges[i]` (of 0)
    up to `edges[i + 1]`."""

    texts: tuple[str, ...]
    edges: tuple[int, ...]

    @classmethod
    def of(cls, line: str) -> Cells:
        texts, edges = [], [0]
        for char in line:
            column = edges[-1]
            shown = " " * (TAB_STOP - column % TAB_STOP) if char == "\t" else _shown(char)
            texts.append(shown)
            edges.append(column + (_width(char) if shown == char else len(shown)))
        return cls(tuple(texts), tuple(edges))

    @property
    def width(self) -> int:
        return self.edges[-1]
