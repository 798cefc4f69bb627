"""The values of plain scalars by the YAML 1.2 core schema (chapter 10.3.2 of the standard).

>>> [plain_value(text) for text in ("1e-3", "010", "on", "1_000", "~", "True", "0x10")]
[0.001, 10, 'on', '1_000', None, True, 16]
"""

from __future__ import annotations

import math
import re

from netspec.syntax.nodes import Plain

_FIXED: dict[str, Plain] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
# Python refuses to convert longer ones, and no size has that many digits.
_MOST_DIGITS = 400


def plain_value(text: str) -> Plain:
    """The value of an unquoted scalar; text that is nothing else is a string."""
    if text in _FIXED:
        return _FIXED[text]
    if text[0] not in _NUMBER_STARTS or len(text) > _MOST_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    return text
