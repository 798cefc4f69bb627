"""Collects what the stages find, so that one run reports every independent fault of a file."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.codes import CODES
from netspec.diagnostics.model import Diagnostic, Fix, Label
from netspec.diagnostics.source import Span


class Stopped(Exception):
    """A trial has found an error: whoever began it knows enough."""


class Collector:
    """The one mutable thing that stages share; each adds to it and none reads it to decide."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str, str], Diagnostic] = {}

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        span_text: str = "",
        labels: Iterable[Label] = (),
        values: Iterable[tuple[str, str]] = (),
        notes: Iterable[str] = (),
        help: str | None = None,
        fixes: Iterable[Fix] = (),
        yaml_path: tuple[str | int, ...] = (),
    ) -> None:
        """Report a fact; its severity is its code's. The same fact at the same place counts once."""
        self.include(
            Diagnostic(
                code=code,
                message=message,
                span=span,
                span_text=span_text,
                severity=CODES[code].severity,
                yaml_path=yaml_path,
                labels=tuple(labels),
                values=tuple(values),
                notes=tuple(notes),
                help=help,
                fixes=tuple(fixes),
            )
        )

    def include(self, diagnostic: Diagnostic) -> None:
        self._found.setdefault(diagnostic.sort_key, diagnostic)

    def apart(self) -> Collector:
        """An empty collector of the same kind, for findings that are sorted out first."""
        return type(self)()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, in the order of the text."""
        return tuple(sorted(self._found.values(), key=lambda found: found.sort_key))

    @property
    def has_errors(self) -> bool:
        return any(found.severity == "error" for found in self._found.values())


class Trial(Collector):
    """Stops at the first error, where all that matters is whether there is one."""

    def include(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity == "error":
            raise Stopped
        super().include(diagnostic)
