"""Which findings count: by code, by file, and from which severity on they fail the run."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from netspec.diagnostics import CODES, Diagnostic
from netspec.diagnostics.model import SEVERITIES
from netspec.errors import NetspecError
from netspec.report import Report
from netspec.report.fingerprint import plain_path

FAIL_ON = ("error", "warning", "info", "never")


@dataclass(frozen=True, slots=True)
class Selection:
    """Prefixes of codes: `select` is None for all of them; `per_file` has what is ignored in the files
    that a glob matches."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def asked(self) -> frozenset[str]:
        """The codes among those that are reported only where they are named whole."""
        return frozenset(code for code in self.select or () if code in CODES and CODES[code].asked)

    def wants(self, found: Diagnostic) -> bool:
        """Errors cannot be ignored: a spec that has one does not compile."""
        if self.select is not None and not found.code.startswith(self.select):
            return False
        return found.severity == "error" or not found.code.startswith(self._ignored(found.path))

    def _ignored(self, path: str) -> tuple[str, ...]:
        path = plain_path(path)
        more = (codes for pattern, codes in self.per_file if fnmatchcase(path, pattern))
        return (*self.ignore, *(code for codes in more for code in codes))


def prefixes(text: str) -> tuple[str, ...]:
    """`"NS4, ns501"` as prefixes of codes; NetspecError where no code begins so."""
    found = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    for prefix in found:
        if not any(code.startswith(prefix) for code in CODES):
            raise NetspecError(
                f"no diagnostic's code begins with {prefix}; `netspec explain` lists the codes"
            )
    return found


def fails(report: Report, fail_on: str) -> bool:
    """Whether the worst finding is at or above a severity; for `never`, none is."""
    if fail_on == "never" or report.worst is None:
        return False
    return SEVERITIES.index(report.worst) >= [*SEVERITIES].index(fail_on)  # type: ignore[arg-type]
