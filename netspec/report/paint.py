"""ANSI colours for the parts of a report, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["error", "warning", "info", "label", "gutter", "strong", "plain"]
Paint: TypeAlias = Callable[[Role, str], str]

_CODES: dict[Role, str] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "label": "1;34",
    "gutter": "1;34",
    "strong": "1",
}


def paint_for(color: bool) -> Paint:
    return _colored if color else _plain


def _colored(role: Role, text: str) -> str:
    code = _CODES.get(role)
    return f"\x1b[{code}m{text}\x1b[0m" if code is not None and text else text


def _plain(role: Role, text: str) -> str:
    return text
