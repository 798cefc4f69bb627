"""The outcome of checking files: which files, and what was found in them.

>>> report = Report(("specs/mnist.yaml",))
>>> report.ok, str(report)
(True, 'specs/mnist.yaml: ok')
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagnostics import Diagnostic, Severity
from netspec.diagnostics.model import SEVERITIES
from netspec.report.formats import RENDERERS


@dataclass(frozen=True, slots=True)
class Report:
    """`paths` are the files that were checked, `diagnostics` what was found, in order of the text."""

    paths: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing hinders the compiler: warnings do not."""
        return not self.errors

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return self.of("error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return self.of("warning")

    @property
    def worst(self) -> Severity | None:
        """The gravest severity found; None where nothing was found."""
        found = {diagnostic.severity for diagnostic in self.diagnostics}
        return max(found, key=SEVERITIES.index, default=None)

    def of(self, severity: Severity) -> tuple[Diagnostic, ...]:
        return tuple(found for found in self.diagnostics if found.severity == severity)

    def render(self, format: str = "full", *, color: bool = False) -> str:
        """The report as text, without a line break at its end.

        `format` is a key of `RENDERERS`; ValueError for any other. `color` adds ANSI colours
        where the format is meant for people.
        """
        if format not in RENDERERS:
            known = ", ".join(RENDERERS)
            raise ValueError(f"there is no report format {format!r}; known formats: {known}")
        return RENDERERS[format](self, color=color)

    def _repr_html_(self) -> str:
        """What a notebook shows: the text for people, coloured."""
        from netspec.report.html import report_html

        return report_html(self)

    def __str__(self) -> str:
        return self.render()
