"""The exceptions that callers can meet: `NetspecError`, the base of all, and `SpecError`, with its report.

>>> issubclass(SpecError, NetspecError)
True
"""

from __future__ import annotations

from netspec.report.model import Report


class NetspecError(Exception):
    """A fault that the caller can mend; its text says how."""


class SpecError(NetspecError):
    """A spec or a recipe has errors. Its text is the full report; `report` is the report as data."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.render())
        self.report = report
