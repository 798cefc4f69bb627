"""The table of formats: a name -> the function that renders a report in it.

A renderer takes a `Report` and the keyword `color` (ANSI colours; formats for programs ignore it),
and returns the text without a line break at its end.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.report.concise import render_concise
from netspec.report.full import render_full
from netspec.report.json_format import render_json

RENDERERS: dict[str, Callable[..., str]] = {
    "full": render_full,
    "concise": render_concise,
    "json": render_json,
}
