"""The Code Quality report of GitLab: a JSON list that merge requests show beside the changed lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Diagnostic
from netspec.report.display import escaped
from netspec.report.fingerprint import fingerprints, plain_path
from netspec.report.full import advice

if TYPE_CHECKING:
    from netspec.report.model import Report

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render_gitlab(report: Report, *, color: bool = False) -> str:
    """The list; `[]` where nothing was found."""
    marks = fingerprints(report.diagnostics)
    return json.dumps(
        [_issue(found, mark) for found, mark in zip(report.diagnostics, marks, strict=True)], indent=2
    )


def _issue(found: Diagnostic, mark: str) -> dict[str, Any]:
    help = advice(found)
    words = f"{found.code}: {escaped(found.message)}" + ("" if help is None else f" ({escaped(help)})")
    start, end = found.span.start_position, found.span.end_position
    return {
        "description": words,
        "check_name": found.name,
        "fingerprint": mark,
        "severity": _SEVERITIES[found.severity],
        "location": {
            "path": escaped(plain_path(found.path)),
            "lines": {"begin": start.line, "end": end.line},
        },
    }
