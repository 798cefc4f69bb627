"""Golden renderings: what a person sees of one diagnostic in each awkward kind of text.

Run with NETSPEC_UPDATE_GOLDENS=1 to write the .out files anew, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, Source, Span
from netspec.report import Report

FIXTURES = Path(__file__).parent / "fixtures"


def mark(source: Source, text: str, count: int = 1) -> Span:
    """The `count`-th place of a text in a source."""
    start = -1
    for _ in range(count):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def mismatch(source: Source) -> list[Diagnostic]:
    made = Label(mark(source, "flatten"), "makes [N, 9216] from [N, 64, 12, 12]")
    return [
        Diagnostic(
            "NS402",
            "`fc1` takes 9217 features but receives 9216",
            mark(source, "9217"),
            "in_features",
            labels=(made, Label(mark(source, "fc1", 2), "")),
            help="set in_features to 9216 (64 * 12 * 12), or to `auto`",
        )
    ]


def mismatch_stacked(source: Source) -> list[Diagnostic]:
    return [
        Diagnostic(
            "NS402",
            "`fc1` takes 9217 features but receives 9216",
            mark(source, "9217"),
            "in_features",
            labels=(
                Label(mark(source, "fc1"), "declared here"),
                Label(mark(source, "Linear: [9217, 128]"), "the whole layer"),
                Label(mark(source, "fc1"), "and named here"),
            ),
            values=(("x", "float32 [N, 9216]"), ("the weight", "float32 [128, 9217]")),
            notes=("torch: mat1 and mat2 shapes cannot be multiplied\n(64x9216 and 9217x128)",),
            help="use `auto`",
        )
    ]


def mismatch_other_file(source: Source) -> list[Diagnostic]:
    other = Source("blocks/heads.yaml", "blocks:\n  Head:\n    inputs: {x: [N, 8]}\n    forward: [relu]\n")
    labels = (
        Label(mark(other, "x: [N, 8]"), "declared here"),
        Label(mark(source, "flatten"), "made here"),
        Label(mark(other, "relu"), "read here"),
    )
    return [Diagnostic("NS401", "`Head` takes rank 2", mark(source, "fc1", 2), labels=labels, help="flatten")]


def mismatch_several(source: Source) -> list[Diagnostic]:
    remove = Fix("Remove the layer", (Edit(mark(source, "  conv1: {Conv2d: [1, 32, 3]}\n"), ""),))
    rename = Fix("Rename it to `conv2`", (Edit(mark(source, "conv1"), "conv2"),), "unsafe")
    return [
        Diagnostic(
            "NS501",
            "`conv1` is never used",
            mark(source, "conv1"),
            severity="warning",
            fixes=(remove, rename),
        ),
        Diagnostic("NS409", "no rule for `conv2`", mark(source, "conv2"), severity="info"),
        Diagnostic("NS201", "no layer is called `fc1`", mark(source, "fc1", 2)),
        Diagnostic("NS104", "many lines are marked", mark(source, source.text[40:200]), "from here"),
    ]


def wide(source: Source) -> list[Diagnostic]:
    return [
        Diagnostic("NS102", "wide", mark(source, "層"), "here", labels=(Label(mark(source, "網絡"), "key"),)),
        Diagnostic(
            "NS102", "after wide", mark(source, "4"), "this", labels=(Label(mark(source, "😀"), "face"),)
        ),
        Diagnostic("NS102", "after a combining accent", mark(source, "x"), "here"),
        Diagnostic("NS102", "on an accent alone", mark(source, "\u0301"), "accent"),
    ]


def tabs(source: Source) -> list[Diagnostic]:
    return [
        Diagnostic("NS002", "one tab", mark(source, "\t", 2), "this tab"),
        Diagnostic("NS204", "after tabs", mark(source, "2"), "two", labels=(Label(mark(source, "b:"), "b"),)),
        Diagnostic(
            "NS204", "a tab between", mark(source, "1"), "one", labels=(Label(mark(source, "a:"), "a"),)
        ),
    ]


def control(source: Source) -> list[Diagnostic]:
    return [
        Diagnostic(
            "NS105", "the name `a\u202eb` is turned round", mark(source, "b"), "after\n\u202ethe turn"
        ),
        Diagnostic(
            "NS104", "\x1b]0;title\x07 in a message", mark(source, "x"), help="\x1b[2J", notes=("a\x00b",)
        ),
        Diagnostic("NS104", "after a hard space", mark(source, "1", 2), "one", values=(("v\u2066", "\x9b"),)),
    ]


def long(source: Source) -> list[Diagnostic]:
    return [
        Diagnostic("NS205", "at the start", mark(source, "sizes"), "here"),
        Diagnostic("NS205", "in the middle", mark(source, "100"), "hundred"),
        Diagnostic("NS205", "at the end", mark(source, "199"), "last"),
        Diagnostic("NS205", "far", mark(source, "100"), "a", labels=(Label(mark(source, "199"), "b"),)),
        Diagnostic("NS205", "long", mark(source, source.text[40:700]), "much"),
    ]


def empty(source: Source) -> list[Diagnostic]:
    return [Diagnostic("NS003", "the file holds no spec", Span(source, 0, 0), help="start with `netspec: 1`")]


def line_end(source: Source) -> list[Diagnostic]:
    after_name = mark(source, "name:").end
    return [
        Diagnostic("NS104", "nothing is given", Span(source, after_name, after_name), "a name"),
        Diagnostic("NS001", "the line break", Span(source, after_name, after_name + 1), "this"),
        Diagnostic("NS001", "the end of the file", Span(source, len(source.text), len(source.text))),
    ]


def many_lines(source: Source) -> list[Diagnostic]:
    labels = tuple(Label(mark(source, f"key{number}:"), f"line {number}") for number in (120, 8, 10, 9))
    return [Diagnostic("NS107", "numbers are ranged right", mark(source, "key99"), "here", labels=labels)]


CASES: dict[str, tuple[str, Callable[[Source], list[Diagnostic]]]] = {
    "mismatch": ("mismatch", mismatch),
    "mismatch_stacked": ("mismatch", mismatch_stacked),
    "mismatch_other_file": ("mismatch", mismatch_other_file),
    "mismatch_several": ("mismatch", mismatch_several),
    "wide": ("wide", wide),
    "tabs": ("tabs", tabs),
    "control": ("control", control),
    "long": ("long", long),
    "empty": ("empty", empty),
    "line_end": ("line_end", line_end),
    "many_lines": ("many_lines", many_lines),
}


def rendered(case: str) -> str:
    name, build = CASES[case]
    text = (FIXTURES / f"{name}.yaml").read_bytes().decode("utf-8")
    path = f"specs/{name}.yaml"
    return Report((path,), tuple(build(Source(path, text)))).render("full") + "\n"


@pytest.mark.parametrize("case", CASES)
def test_full_rendering_is_as_recorded(case: str) -> None:
    golden = FIXTURES / f"{case}.out"
    text = rendered(case)
    if os.environ.get("NETSPEC_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_a_case() -> None:
    assert {path.stem for path in FIXTURES.glob("*.out")} == set(CASES)
