"""The exceptions that callers can meet: `NetspecError`, the base of all, `SpecError`, with its report, and
`SafeFileError`, about files of weights.

>>> issubclass(SpecError, NetspecError)
True
"""

from __future__ import annotations

from netspec.report.display import escaped
from netspec.report.model import Report


class NetspecError(Exception):
    """A fault that the caller can mend; its text says how."""


class SafeFileError(NetspecError):
    """A file of weights is damaged, is something else, or does not fit the network. Nothing of it was used.

    `code` is NS603 where the file itself is at fault, NS604 where its weights belong to another network.
    """

    def __init__(self, what: str, help: str = "", *, code: str = "NS603") -> None:
        # What a stranger's file calls its tensors must not steer a terminal.
        super().__init__(escaped(f"{what}{f'; {help}' if help else ''} ({code})"))
        self.code = code


class SpecError(NetspecError):
    """A spec or a recipe has errors. Its text is the full report; `report` is the report as data."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.render())
        self.report = report
