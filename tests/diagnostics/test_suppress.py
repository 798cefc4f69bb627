"""Ignore comments: what they silence, what they cannot, and which of them are reported."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Collector, Diagnostic, Source, Span
from netspec.diagnostics.suppress import suppress
from netspec.syntax import read

ERROR, WARNING, OTHER, INFO = "NS402", "NS501", "NS504", "NS409"


def found_at(source: Source, mark: str, code: str) -> Diagnostic:
    collector = Collector()
    start = source.text.index(mark)
    collector.add(code, f"a finding at `{mark}`", Span(source, start, start + len(mark)))
    return collector.diagnostics[0]


def silenced(text: str, *findings: tuple[str, str]) -> list[tuple[str, str]]:
    """(code, marked text) of what remains of `findings`, each (mark in the text, code)."""
    return [(each.code, each.span.text) for each in remaining(text, *findings)]


def remaining(text: str, *findings: tuple[str, str]) -> tuple[Diagnostic, ...]:
    source = Source("a.yaml", text)
    document = read(source, Collector())
    assert document is not None
    return suppress([found_at(source, mark, code) for mark, code in findings], source, document.is_comment)


def mended(text: str, *findings: tuple[str, str]) -> str:
    """The text after the first fix of each report, from the last to the first."""
    edits = {edit for each in remaining(text, *findings) for edit in each.fixes[0].edits}
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2  # netspec: ignore[NS501] kept for old checkpoints\n",
        "a: 1\n# netspec: ignore[NS501]\nb: 2\n",
        "a: 1\n# netspec: ignore[NS501]\n# and more words\nb: 2\n",
        "a: 1\n  # netspec: ignore[NS504]\n  # netspec: ignore[NS501]\nb: 2\n",
        "a: 1\nb: 2 # netspec: ignore[NS504, NS501]\n",
        "a: 1\nb: 2 # netspec:ignore [NS501,NS504]\n",
        "a: 1\nb: 2 # words # netspec: ignore[NS501]\n",
        "a: 1\r\n# netspec: ignore[NS501]\r\nb: 2\r\n",
        "a: 1\nb: 2 # netspec: ignore[NS501]",
    ],
)
def test_an_ignore_silences_its_line_or_the_line_below(text: str) -> None:
    findings = [("b: 2", WARNING)] + ([("b", OTHER)] if OTHER in text else [])
    assert silenced(text, *findings) == []


def test_one_ignore_silences_every_finding_of_its_code_on_the_line() -> None:
    assert silenced("a: [b, c] # netspec: ignore[NS501]\n", ("b", WARNING), ("c", WARNING)) == []


def test_infos_are_silenced_like_warnings() -> None:
    assert silenced("a: 1 # netspec: ignore[NS409]\n", ("a", INFO)) == []


def test_other_codes_and_lines_stay() -> None:
    text = "a: 1 # netspec: ignore[NS501]\nb: 2\n"
    assert silenced(text, ("a", WARNING), ("a", OTHER), ("b", WARNING)) == [(OTHER, "a"), (WARNING, "b")]


def test_a_blank_line_parts_an_ignore_from_what_follows() -> None:
    text = "a: 1\n# netspec: ignore[NS501]\n\nb: 2\n"
    assert silenced(text, ("b", WARNING)) == [("NS590", "NS501"), (WARNING, "b")]


def test_findings_in_other_sources_pass() -> None:
    source, other = Source("a.yaml", "a: 1 # netspec: ignore[NS501]\n"), Source("b.yaml", "a: 1\n")
    findings = [found_at(source, "a", WARNING), found_at(other, "a", WARNING)]
    assert suppress(findings, source, lambda offset: True) == (findings[1],)


@pytest.mark.parametrize(
    "text",
    [
        'a: "x # netspec: ignore[NS501]"\n',
        "a: |\n  x\n  # netspec: ignore[NS501]\n",
        "# netspec: 1\na: 1\n",
        "# netspec: what a spec may ignore [see there]\na: 1\n",
    ],
)
def test_what_only_looks_like_an_ignore_is_none(text: str) -> None:
    assert silenced(text, ("a", WARNING)) == [(WARNING, "a")]


def test_a_hash_inside_a_word_starts_no_ignore() -> None:
    source = Source("a.yaml", "a: x# netspec: ignore[NS501]\n")
    finding = found_at(source, "a", WARNING)
    assert suppress([finding], source, lambda offset: True) == (finding,)


def test_an_ignore_below_a_block_text_is_read() -> None:
    text = "doc: |\n  words # here\n# netspec: ignore[NS501]\nb: 2\n"
    assert silenced(text, ("b", WARNING)) == []


def test_errors_cannot_be_silenced() -> None:
    report, error = remaining("a: 1  # netspec: ignore[NS402] why\nbb: 1\n", ("bb", ERROR))
    assert (report.code, error.code) == ("NS590", ERROR)
    assert report.message == "NS402 is an error, and errors cannot be silenced"
    assert mended("a: 1  # netspec: ignore[NS402] why\n") == "a: 1\n"


def test_an_error_on_the_line_of_its_ignore_stays() -> None:
    assert silenced("a: 1 # netspec: ignore[NS402]\n", ("a", ERROR)) == [(ERROR, "a"), ("NS590", "NS402")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  # netspec: ignore[NS501] why\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\n  # netspec: ignore[NS501]\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\n# netspec: ignore[NS501, NS504]\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\n# netspec: ignore[NS501]", "a: 1\n"),
        ("a: 1 # words # netspec: ignore[NS501]\n", "a: 1 # words\n"),
        ("a: 1 # netspec: ignore[NS409, NS501] why\n", "a: 1 # netspec: ignore[NS409] why\n"),
        ("a: 1 # netspec: ignore[NS501, NS409]\n", "a: 1 # netspec: ignore[NS409]\n"),
        ("a: 1 # netspec: ignore[NS409, NS501, NS504]\n", "a: 1 # netspec: ignore[NS409]\n"),
    ],
)
def test_unused_ignores_are_reported_and_their_fix_removes_them(text: str, expected: str) -> None:
    used = [("a", INFO)] if INFO in text else []
    reports = remaining(text, *used)
    assert {report.code for report in reports} == {"NS590"}
    assert all("silences nothing on line" in report.message for report in reports)
    assert settled(text, *used) == expected


def settled(text: str, *findings: tuple[str, str]) -> str:
    """The text after as many rounds of one fix as it takes."""
    while reports := remaining(text, *findings):
        (edit,) = reports[0].fixes[0].edits
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def test_while_there_is_an_error_no_ignore_is_called_unused() -> None:
    assert silenced("a: 1 # netspec: ignore[NS501]\nb: 2\n", ("b: 2", ERROR)) == [(ERROR, "b: 2")]


def test_a_second_ignore_of_one_finding_is_unused() -> None:
    text = "# netspec: ignore[NS501]\na: 1 # netspec: ignore[NS501] again\n"
    (report,) = remaining(text, ("a: 1", WARNING))
    assert report.span.start_position.line == 2


@pytest.mark.parametrize(
    ("comment", "message", "marked"),
    [
        ("# netspec: ignore", "this ignore names no code, so it silences nothing", "# netspec: ignore"),
        ("# netspec: ignore[]", "this ignore names no code, so it silences nothing", "# netspec: ignore[]"),
        ("# netspec: ignore[NS501", "this ignore has no closing `]`, so it silences nothing", None),
        ("# netspec: ignore[NS5O1]", "there is no code `NS5O1`", "NS5O1"),
        ("# netspec: ignore[all]", "there is no code `all`", "all"),
        ("# netspec: ingore[NS501]", "there is no comment `netspec: ingore`", "ingore"),
    ],
)
def test_a_malformed_ignore_is_reported_and_silences_nothing(
    comment: str, message: str, marked: str | None
) -> None:
    finding, report = remaining(f"a: 1  {comment}\n", ("a", WARNING))
    assert finding.code == WARNING
    assert (report.code, report.message, report.span.text) == ("NS590", message, marked or comment)
    assert report.help


def test_a_malformed_ignore_is_reported_beside_errors_too() -> None:
    assert silenced("a: 1 # netspec: ignore\n", ("a", ERROR))[1][0] == "NS590"


def test_a_misspelled_code_or_word_has_a_fix() -> None:
    assert mended("a: 1 # netspec: ingore[NS501]\n") == "a: 1 # netspec: ignore[NS501]\n"
    assert mended("a: 1 # netspec: ignore[ns590]\n") == "a: 1 # netspec: ignore[NS590]\n"


def test_the_report_of_an_unused_ignore_can_itself_be_silenced() -> None:
    assert silenced("a: 1 # netspec: ignore[NS501, NS590] depends on the version\n") == []
    assert silenced("a: 1 # netspec: ignore[NS590]\n") == [("NS590", "NS590")]


def test_the_result_is_in_the_order_of_the_text() -> None:
    text = "a: 1 # netspec: ignore\nb: 2\nc: 3 # netspec: ignore[no]\n"
    starts = [each.span.start for each in remaining(text, ("c: 3", WARNING), ("b: 2", WARNING))]
    assert starts == sorted(starts)
    assert len(starts) == 4
