"""What a report knows of its diagnostics, the summary line, and the concise and coloured forms."""

from __future__ import annotations

import re

import pytest

from netspec.diagnostics import Diagnostic, Edit, Fix, Source, Span
from netspec.report import RENDERERS, Report

A = Source("a.yaml", "name: Net\nlayers:\n")
B = Source("b.yaml", "name: Net\n")


def found(severity: str, source: Source = A, **more: object) -> Diagnostic:
    code = {"error": "NS201", "warning": "NS501", "info": "NS409"}[severity]
    return Diagnostic(code, f"an {severity}", Span(source, 6, 9), severity=severity, **more)  # type: ignore[arg-type]


def test_a_report_is_ok_without_errors() -> None:
    assert Report(("a.yaml",)).ok
    assert Report(("a.yaml",), (found("warning"), found("info"))).ok
    assert not Report(("a.yaml",), (found("warning"), found("error"))).ok


def test_a_report_sorts_by_severity() -> None:
    error, warning, info = found("error"), found("warning"), found("info")
    report = Report(("a.yaml",), (info, error, warning))
    assert (report.errors, report.warnings, report.of("info")) == ((error,), (warning,), (info,))


@pytest.mark.parametrize(
    ("severities", "worst"),
    [((), None), (("info",), "info"), (("info", "warning"), "warning"), (("error", "warning"), "error")],
)
def test_worst_is_the_gravest_severity(severities: tuple[str, ...], worst: str | None) -> None:
    assert Report(("a.yaml",), tuple(found(each) for each in severities)).worst == worst


@pytest.mark.parametrize(
    ("paths", "diagnostics", "line"),
    [
        (("a.yaml",), (), "a.yaml: ok"),
        (("a.yaml", "b.yaml"), (), "2 files: ok"),
        ((), (), "0 files: ok"),
        (("a.yaml",), (found("error"),), "1 error in a.yaml"),
        (("a.yaml",), (found("warning"), found("error")), "1 error, 1 warning in a.yaml"),
        (("a.yaml",), (found("info"), found("info")), "2 infos in a.yaml"),
        (("a.yaml", "b.yaml", "c.yaml"), (found("error"),), "1 error in 1 of 3 files"),
        (("a.yaml",), (found("error"), found("error", B)), "2 errors in 2 of 2 files"),
        (("a\x1b.yaml",), (), "a\\x1b.yaml: ok"),
    ],
)
def test_the_last_line_counts(paths: tuple[str, ...], diagnostics: tuple[Diagnostic, ...], line: str) -> None:
    assert str(Report(paths, diagnostics)).splitlines()[-1] == line


def test_the_text_of_a_report_is_its_full_form() -> None:
    report = Report(("a.yaml",), (found("error"),))
    assert str(report) == report.render() == report.render("full")


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no report format 'xml'; known formats: full, concise, json"):
        Report(("a.yaml",)).render("xml")


def test_concise_is_one_line_for_each() -> None:
    fix = Fix("Rename it", (Edit(Span(A, 6, 9), "Other"),))
    diagnostics = (found("error", help="do\nthis"), found("warning", fixes=(fix,)), found("info", B))
    assert Report(("a.yaml",), diagnostics).render("concise").splitlines() == [
        "a.yaml:1:7: error[NS201] an error (do\\nthis)",
        "a.yaml:1:7: warning[NS501] an warning (rename it)",
        "b.yaml:1:7: info[NS409] an info",
    ]


def test_concise_says_nothing_of_a_clean_file() -> None:
    assert Report(("a.yaml",)).render("concise") == ""


@pytest.mark.parametrize("format", RENDERERS)
def test_colour_is_off_unless_asked_for_and_adds_only_colour(format: str) -> None:
    report = Report(("a.yaml",), (found("error", help="h", span_text="s"), found("warning")))
    plain, colored = report.render(format), report.render(format, color=True)
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain
    assert ("\x1b[1;31m" in colored) is (format in ("full", "concise"))
