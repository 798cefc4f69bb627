"""For every text and every place in it: rendering works, marks stand where they should, and nothing
reaches the terminal that would steer it."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Diagnostic, Label, Source, Span
from netspec.report import RENDERERS, Report

# What each character takes on a terminal, written down by hand; a tab runs to a multiple of 4.
WIDTHS = {
    "a": 1,
    "é": 1,
    "─": 1,
    "網": 2,
    "😀": 2,
    "ｶ": 1,
    "Ａ": 2,
    "\u0301": 0,
    "\x1b": 4,
    "\u202e": 6,
    "\r": 2,
}
SHORT_LINES = st.text(alphabet=[*WIDTHS, "\t"], max_size=5)
# A shared machine may be slow now and then; that is no fault of what is tested.
patient = settings(deadline=None)
ANY_TEXT = st.text(st.characters(), max_size=300) | st.text(
    alphabet="ab :\t\r\n#網\u202e\ud800", max_size=300
)


def column(text: str) -> int:
    """The display column (from 0) after a text, by the table above."""
    at = 0
    for char in text:
        at += 4 - at % 4 if char == "\t" else WIDTHS[char]
    return at


@st.composite
def spans(draw: st.DrawFn, source: Source) -> Span:
    size = len(source.text)
    start = draw(st.integers(0, size))
    return Span(source, start, draw(st.integers(start, size)))


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    sources = [Source(draw(st.text(max_size=10)), draw(ANY_TEXT)) for _ in range(2)]
    words = st.text(max_size=12)
    place = st.sampled_from(sources).flatmap(spans)
    return Diagnostic(
        draw(st.sampled_from(["NS402", "NS501"])),
        draw(words),
        draw(place),
        draw(words),
        labels=tuple(draw(st.lists(st.builds(Label, place, words), max_size=4))),
        values=tuple(draw(st.lists(st.tuples(words, words), max_size=2))),
        notes=tuple(draw(st.lists(words, max_size=2))),
        help=draw(st.none() | words),
    )


def underline(text: str, span: tuple[int, int], *labels: tuple[int, int]) -> tuple[str, str]:
    """The row of the source and the row below it, without the gutter."""
    source = Source("a.yaml", text)
    around = tuple(Label(Span(source, *label), "l") for label in labels)
    rows = str(Report(("a.yaml",), (Diagnostic("NS402", "m", Span(source, *span), labels=around),))).split(
        "\n"
    )
    return rows[3].removeprefix("1 |")[1:], rows[4].removeprefix("  |")[1:]


@patient
@given(diagnostics())
def test_every_format_renders_every_diagnostic(diagnostic: Diagnostic) -> None:
    report = Report((diagnostic.path,), (diagnostic,))
    for format in RENDERERS:
        for color in (False, True):
            assert report.render(format, color=color)


@patient
@given(diagnostics())
def test_nothing_reaches_the_terminal_that_would_steer_it(diagnostic: Diagnostic) -> None:
    for format in ("full", "concise"):
        text = Report((diagnostic.path,), (diagnostic,)).render(format)
        for char in text.replace("\n", " "):
            assert char == " " or unicodedata.category(char)[0] not in "CZ", f"U+{ord(char):04X}"
        text.encode("utf-8")


@patient
@given(diagnostics())
def test_lines_have_no_space_at_their_end_and_colour_adds_only_colour(diagnostic: Diagnostic) -> None:
    report = Report((diagnostic.path,), (diagnostic,))
    plain, colored = report.render(), report.render(color=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain
    body = [line for line in plain.split("\n") if re.match(r" *[0-9]* \|| *=", line)]
    assert all(line == line.rstrip() for line in body)


@patient
@given(SHORT_LINES, SHORT_LINES, SHORT_LINES)
def test_carets_stand_under_the_marked_text(before: str, marked: str, after: str) -> None:
    marked = marked.lstrip("\u0301")
    line = before + marked + after + "."
    start, end = len(before), len(before + marked)
    _, carets = underline(line + "\n", (start, end))
    left = column(line[:start])
    width = max(1, column(line[:end]) - left)
    assert carets == " " * left + "^" * width


@patient
@given(st.text(alphabet="ab網 ", min_size=1, max_size=8), st.text(alphabet="ab網 ", min_size=1, max_size=8))
def test_dashes_stand_under_labels_and_carets_hide_them(first: str, second: str) -> None:
    line = first + second
    widths = {**WIDTHS, "b": 1, " ": 1}
    left, right = (sum(widths[char] for char in part) for part in (first, second))
    _, marks = underline(line, (len(first), len(line)), (0, len(line)))
    assert marks.removesuffix(" l") == "-" * left + "^" * right


@patient
@given(st.integers(0, 399), st.integers(0, 5))
def test_a_long_line_is_cut_to_a_window_that_shows_the_marked_text(number: int, more: int) -> None:
    words = [f"w{index:03}" for index in range(406)]
    line = ", ".join(words)
    start, end = line.index(words[number]), line.index(words[number + more]) + 4
    shown, carets = underline(line, (start, end))
    assert shown[carets.index("^") : len(carets)] == line[start:end]
    assert len(shown) <= 106
    assert shown.startswith("...") or line.startswith(shown.removesuffix("..."))
    assert shown.endswith("...") or line.endswith(shown.removeprefix("..."))


@patient
@given(st.text(alphabet="a網\t", min_size=120, max_size=300), st.data())
def test_marks_in_a_long_line_stay_inside_what_is_shown(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    shown, carets = underline(line + ".", (start, end))
    width = sum(2 if char == "網" else 1 for char in shown)
    assert carets.strip() == "^" * len(carets.strip()) != ""
    assert len(carets) <= width


@patient
@given(ANY_TEXT, st.data())
def test_the_place_named_is_the_place_of_the_span(text: str, data: st.DataObject) -> None:
    source = Source("a.yaml", text)
    span = data.draw(spans(source))
    before = text[: span.start].split("\n")
    rendered = Report(("a.yaml",), (Diagnostic("NS402", "m", span),)).render("concise")
    assert rendered == f"a.yaml:{len(before)}:{len(before[-1]) + 1}: error[NS402] m"
