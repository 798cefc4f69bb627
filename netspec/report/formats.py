"""The table of formats: a name -> the function that renders a report in it.

A renderer takes a `Report` and the keyword `color` (ANSI colours; formats for programs ignore it),
and returns the text without a line break at its end.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.report.concise import render_concise
from netspec.report.full import render_full
from netspec.report.github import render_github
from netspec.report.gitlab import render_gitlab
from netspec.report.json_format import render_json
from netspec.report.jsonl_format import render_jsonl
from netspec.report.junit import render_junit
from netspec.report.sarif import render_sarif

RENDERERS: dict[str, Callable[..., str]] = {
    "full": render_full,
    "concise": render_concise,
    "json": render_json,
    "jsonl": render_jsonl,
    "sarif": render_sarif,
    "github": render_github,
    "gitlab": render_gitlab,
    "junit": render_junit,
}
