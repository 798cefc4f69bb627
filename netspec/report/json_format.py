"""The format for programs. The same report gives the same bytes, in ASCII.

Lines and columns count from 1 and a range ends before its `end`. `format_version` changes when a
key loses or changes its meaning; new keys may come without that.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Diagnostic, Fix, Span

if TYPE_CHECKING:
    from netspec.report.model import Report

FORMAT_VERSION = 1


def render_json(report: Report, *, color: bool = False) -> str:
    """The report as a JSON object; `color` has no meaning here."""
    return json.dumps(report_data(report), indent=2)


def report_data(report: Report) -> dict[str, Any]:
    """What `render_json` writes, as Python data."""
    return {
        "format_version": FORMAT_VERSION,
        "ok": report.ok,
        "diagnostics": [diagnostic_data(found) for found in report.diagnostics],
        "summary": {
            "paths": list(report.paths),
            "errors": len(report.errors),
            "warnings": len(report.warnings),
            "infos": len(report.of("info")),
            "files": [_file_data(path, report) for path in report.paths],
        },
    }


def _file_data(path: str, report: Report) -> dict[str, Any]:
    counts = Counter(found.severity for found in report.diagnostics if found.path == path)
    numbers = {f"{severity}s": counts[severity] for severity in ("error", "warning", "info")}
    return {"path": path, "ok": not counts["error"], **numbers}


def diagnostic_data(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity,
        "message": found.message,
        **_place(found.span),
        "text": found.span_text,
        "yaml_path": list(found.yaml_path),
        "labels": [{**_place(label.span), "text": label.text} for label in found.labels],
        "values": [{"name": name, "value": value} for name, value in found.values],
        "notes": list(found.notes),
        "help": found.help,
        "fixes": [_fix_data(fix) for fix in found.fixes],
        "url": found.url,
    }


def _fix_data(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safety": fix.safety, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    start, end = span.start_position, span.end_position
    return {"path": span.source.path, "range": {"start": start._asdict(), "end": end._asdict()}}
