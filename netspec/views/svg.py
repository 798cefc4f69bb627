"""The least that drawing SVG needs: elements with their texts escaped, and how wide a text will be.

>>> element("text", "a < b", x=1.25, text_anchor="end")
'<text x="1.2" text-anchor="end">a &lt; b</text>'
"""

from __future__ import annotations

import math
import unicodedata
from html import escape

SANS = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def element(tag: str, inner: str | None = None, /, *, raw: str = "", **attributes: object) -> str:
    """One element: `inner` is text and becomes escaped, `raw` are elements. An attribute that is None is left
    out; `_` in a name is `-`, and a last `_` keeps a name from being Python's (`class_`)."""
    words = [tag]
    for name, value in attributes.items():
        if value is not None:
            shown = number(value) if isinstance(value, float) else str(value)
            words.append(f'{name.rstrip("_").replace("_", "-")}="{clean(shown)}"')
    content = raw if inner is None else clean(inner)
    return f"<{' '.join(words)}>{content}</{tag}>" if content else f"<{' '.join(words)}/>"


def clean(text: str) -> str:
    """A text for XML: escaped, with what XML may not hold replaced."""
    return escape("".join(char if _allowed(char) else "\ufffd" for char in text))


def _allowed(char: str) -> bool:
    code = ord(char)
    return char in "\t\n\r" or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000


def number(value: float) -> str:
    """A coordinate with one decimal at most, as JavaScript would round it."""
    return f"{math.floor(value * 10 + 0.5) / 10:.10g}"


def text_width(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """How wide a line is at most, in pixels, in the wider of the usual fonts; `size` is that of the font."""
    ems = sum(map(_mono if mono else _sans, text))
    return ems * size * (1.07 if bold and not mono else 1.0)


def _mono(char: str) -> float:
    return 1.204 if _wide(char) else 0.602


def _sans(char: str) -> float:
    for width, chars in _WIDTHS:
        if char in chars:
            return width
    if _wide(char):
        return 1.05
    return 0.72 if char.isupper() else 0.63


def _wide(char: str) -> bool:
    return ord(char) > 0x2000 and unicodedata.east_asian_width(char) in "WF"


_WIDTHS = ((0.33, "ijlI.,:;'|! "), (0.42, 'ftr()[]{}/\\-"*'), (0.98, "mwMW@%…"), (0.84, "×+=<>~OQG&"))


def shortened(text: str, most: int) -> str:
    """At most so many characters; `…` at the end stands for what is cut."""
    return text if len(text) <= most else text[: most - 1] + "…"
