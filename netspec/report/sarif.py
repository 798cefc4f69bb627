"""SARIF 2.1.0, which code scanning reads: results with places, fingerprints, fixes, and a rule for each code.

Columns count code points (`columnKind`), from 1, as everywhere in netspec. The rules are those of the codes
that were found; their help is the page of the code.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import CODES, Diagnostic, Fix, Label, Span
from netspec.diagnostics.explain import page
from netspec.report.display import escaped
from netspec.report.fingerprint import fingerprints, plain_path
from netspec.report.full import advice

if TYPE_CHECKING:
    from netspec.report.model import Report

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render_sarif(report: Report, *, color: bool = False) -> str:
    """The log with one run; `results` is an empty list where nothing was found."""
    from netspec.version import VERSION

    codes = sorted({found.code for found in report.diagnostics})
    marks = fingerprints(report.diagnostics)
    results = [
        _result(found, codes.index(found.code), mark)
        for found, mark in zip(report.diagnostics, marks, strict=True)
    ]
    driver = {"name": "netspec", "version": VERSION, "rules": [_rule(code) for code in codes]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str) -> dict[str, Any]:
    code, help = CODES[name], page(name) or ""
    return {
        "id": code.code,
        "name": code.name,
        "shortDescription": {"text": code.summary},
        "help": {"text": help, "markdown": help},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }


def _result(found: Diagnostic, index: int, mark: str) -> dict[str, Any]:
    help = advice(found)
    notes = [*(f"{name} is {value}" for name, value in found.values), *found.notes]
    words = [found.message, *notes, *([] if help is None else [f"help: {help}"])]
    text = "\n".join(escaped(line) for each in words for line in each.split("\n"))
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _place(found.span)}],
        "partialFingerprints": {"netspecFingerprint/v1": mark},
    }
    if found.labels:
        result["relatedLocations"] = [_related(number, label) for number, label in enumerate(found.labels)]
    if found.fixes:
        result["fixes"] = [_fix(fix) for fix in found.fixes]
    return result


def _related(number: int, label: Label) -> dict[str, Any]:
    place: dict[str, Any] = {"id": number, "physicalLocation": _place(label.span)}
    return {**place, "message": {"text": escaped(label.text)}} if label.text else place


def _fix(fix: Fix) -> dict[str, Any]:
    by_path: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        change = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        by_path.setdefault(edit.span.source.path, []).append(change)
    changes = [
        {"artifactLocation": {"uri": _uri(path)}, "replacements": edits} for path, edits in by_path.items()
    ]
    return {"description": {"text": escaped(fix.title)}, "artifactChanges": changes}


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.source.path)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    start, end = span.start_position, span.end_position
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _uri(path: str) -> str:
    """A path as a relative reference, or as a `file:` URI where it is absolute."""
    from urllib.parse import quote

    quoted = quote(plain_path(path), errors="surrogatepass")
    return f"file://{quoted}" if quoted.startswith("/") else quoted
