"""The line that closes a report: how much of what was found, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Severity
from netspec.report.display import escaped
from netspec.report.paint import Paint

if TYPE_CHECKING:
    from netspec.report.model import Report

_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


def summary(report: Report, paint: Paint) -> str:
    """`1 error, 2 warnings in a.yaml`, `3 errors in 2 of 5 files`, or `a.yaml: ok`."""
    faulty = {found.path for found in report.diagnostics}
    paths = list(dict.fromkeys((*report.paths, *sorted(faulty))))
    if not report.diagnostics:
        return f"{_files(paths)}: ok"
    counts = [
        paint(severity, _count(len(found), severity)) for severity in _ORDER if (found := report.of(severity))
    ]
    where = f"{len(faulty)} of {len(paths)} files" if len(paths) > 1 else _files(paths)
    return f"{', '.join(counts)} in {where}"


def _files(paths: list[str]) -> str:
    return escaped(paths[0]) if len(paths) == 1 else _count(len(paths), "file")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
