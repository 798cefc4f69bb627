"""One line for each diagnostic, in the form that editors and grep understand.

specs/mnist.yaml:14:18: error[NS402] `fc1` takes 9217 features but receives 9216 (set ...)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic
from netspec.report.display import escaped
from netspec.report.full import advice
from netspec.report.paint import Paint, paint_for

if TYPE_CHECKING:
    from netspec.report.model import Report


def render_concise(report: Report, *, color: bool = False) -> str:
    """`path:line:column: severity[code] message (help)`; nothing where nothing was found."""
    paint = paint_for(color)
    return "\n".join(_line(found, paint) for found in report.diagnostics)


def _line(found: Diagnostic, paint: Paint) -> str:
    line, column = found.span.start_position
    help = advice(found)
    tail = f" ({escaped(help)})" if help is not None else ""
    head = paint(found.severity, f"{found.severity}[{found.code}]")
    return f"{escaped(found.path)}:{line}:{column}: {head} {escaped(found.message)}{tail}"
