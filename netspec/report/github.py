"""Workflow commands of GitHub Actions: annotations at the lines of a pull request.

::error file=specs/mnist.yaml,line=14,endLine=14,col=18,endColumn=22,title=NS402 size-mismatch::`fc1` ...

A newline, a carriage return and `%` are written as `%0A`, `%0D` and `%25`; in a property, `:` and `,`
too. Other control characters are shown as escapes, since the log is a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic
from netspec.report.display import escaped
from netspec.report.fingerprint import plain_path
from netspec.report.full import advice

if TYPE_CHECKING:
    from netspec.report.model import Report

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render_github(report: Report, *, color: bool = False) -> str:
    """A command for each diagnostic, one a line; nothing where nothing was found."""
    return "\n".join(_command(found) for found in report.diagnostics)


def _command(found: Diagnostic) -> str:
    start, end = found.span.start_position, found.span.end_position
    properties = {"file": plain_path(found.path), "line": str(start.line), "endLine": str(end.line)}
    if start.line == end.line:
        # GitHub refuses columns where the lines differ.
        properties |= {"col": str(start.column), "endColumn": str(max(end.column, start.column + 1))}
    properties["title"] = f"{found.code} {found.name}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    help = advice(found)
    text = escaped(found.message) + ("" if help is None else f"\nhelp: {escaped(help)}")
    return f"::{_COMMANDS[found.severity]} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escaped(text)).replace(":", "%3A").replace(",", "%2C")
