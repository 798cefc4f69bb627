"""JSON Lines: one diagnostic a line, as in the JSON report, so that a reader need not wait for the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netspec.report.json_format import FORMAT_VERSION, diagnostic_data

if TYPE_CHECKING:
    from netspec.report.model import Report


def render_jsonl(report: Report, *, color: bool = False) -> str:
    """A JSON object for each diagnostic; nothing where nothing was found."""
    return "\n".join(
        json.dumps({"format_version": FORMAT_VERSION, **diagnostic_data(found)})
        for found in report.diagnostics
    )
