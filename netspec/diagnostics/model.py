"""The records that a report is made of.

A diagnostic states a fact (`message`) at a place (`span`), shows other places that explain it
(`labels`), and says what to do (`help`, and `fixes` where an edit can do it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.diagnostics.codes import CODES
from netspec.diagnostics.source import Span

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Label:
    """Another place, with a few words on what it has to do with the fact."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of a span."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend one fault; `safe` ones may be applied without asking."""

    title: str
    edits: tuple[Edit, ...]
    safety: Literal["safe", "unsafe"] = "safe"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `span_text` is the label printed under the marked text."""

    code: str
    message: str
    span: Span
    span_text: str = ""
    severity: Severity = "error"
    yaml_path: tuple[str | int, ...] = ()
    labels: tuple[Label, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def name(self) -> str:
        return CODES[self.code].name

    @property
    def path(self) -> str:
        return self.span.source.path

    @property
    def url(self) -> str:
        return f"docs/diagnostics.md#{self.code.lower()}"

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        return (self.path, self.span.start, self.code, self.message)
