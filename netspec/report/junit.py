"""JUnit's XML, which most CI servers read: a suite for each file, a test case for each finding.

An error is a failure. A warning or an info passes, with its text in `system-out`, and so does a file in
which nothing was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic
from netspec.report.display import escaped
from netspec.report.full import diagnostic_text
from netspec.report.paint import paint_for

if TYPE_CHECKING:
    from netspec.report.model import Report

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def render_junit(report: Report, *, color: bool = False) -> str:
    """The document. It has no times and no host, so that the same report gives the same bytes."""
    by_path: dict[str, list[Diagnostic]] = {path: [] for path in report.paths}
    for found in report.diagnostics:
        by_path.setdefault(found.path, []).append(found)
    suites = [line for path, found in by_path.items() for line in _suite(path, found)]
    tests = sum(max(1, len(found)) for found in by_path.values())
    counts = f'tests="{tests}" failures="{len(report.errors)}" errors="0"'
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="netspec" {counts}>']
    return "\n".join([*head, *suites, "</testsuites>"])


def _suite(path: str, found: list[Diagnostic]) -> list[str]:
    failures = sum(each.severity == "error" for each in found)
    counts = f'tests="{max(1, len(found))}" failures="{failures}" errors="0" skipped="0"'
    lines = [f'  <testsuite name="{_text(escaped(path))}" {counts}>']
    for each in found:
        lines += _case(each)
    if not found:
        lines.append(f'    <testcase name="valid" classname="{_text(escaped(path))}"/>')
    return [*lines, "  </testsuite>"]


def _case(found: Diagnostic) -> list[str]:
    line, column = found.span.start_position
    place = _text(escaped(found.path))
    text = _text(diagnostic_text(found, paint_for(False)))
    if found.severity == "error":
        message = _text(escaped(found.message))
        body = f'      <failure type="{found.code}" message="{message}">{text}</failure>'
    else:
        body = f"      <system-out>{text}</system-out>"
    name = f"{found.code} {found.name} at {line}:{column}"
    return [f'    <testcase name="{name}" classname="{place}">', body, "    </testcase>"]


def _text(text: str) -> str:
    """Text that is already free of control characters, for XML."""
    return "".join(_ENTITIES.get(char, char) for char in text)
