"""Mending in memory: what is changed, what stays, and when it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Diagnostic, Edit, Fix, Source, Span
from netspec.files import read_bytes
from netspec.fixing.edits import compatible, edited
from netspec.fixing.rounds import Outcome, errors, mend
from netspec.fixing.workspace import Workspace, opened
from netspec.project.check import Checker

GOOD = """\
netspec: 1  # the language
name: Net

params: {width: 8}
inputs:
  x: [N, 1, 28, 28]
layers:
  conv: {Conv2d: [1, $width, 3, {padding: 1, bias: false}]}   # keeps the size
  norm: {BatchNorm2d: [8]}
  pool: {AdaptiveAvgPool2d: {output_size: [7, 7]}}
  fc: {Linear: [392, 10]}

forward:
  - conv
  - norm
  - relu
  - pool
  - flatten: 1
  - {dropout: {p: 0.5}}
  - fc
"""


def mended(text: str | bytes, *, unsafe: bool = False) -> Outcome:
    data = text.encode() if isinstance(text, str) else text
    names, contents = opened(["-"], "net.yaml", lambda _: data)
    return mend(Workspace(names, Checker()), contents, unsafe=unsafe, wanted=lambda found: found)


def test_the_spec_without_a_mistake_is_left() -> None:
    assert mended(GOOD, unsafe=True) == Outcome({"net.yaml": GOOD.encode()}, ())


MISTAKES = {
    "in_features": ("Linear: [392, 10]", "Linear: [393, 10]"),
    "num_features": ("BatchNorm2d: [8]", "BatchNorm2d: [9]"),
    "in_channels": ("Conv2d: [1,", "Conv2d: [3,"),
    "argument": ("padding: 1", "paddin: 1"),
    "argument of a step": ("{p: 0.5}", "{prob: 0.5, p: 0.5}"),
    "op of a layer": ("Linear:", "Liner:"),
    "op of a step": ("- relu", "- rleu"),
    "layer": ("- norm", "- nrom"),
    "key": ("layers:", "layer:"),
    "param": ("$width", "$widht"),
    "missing space": ("{p: 0.5}", "{p:0.5}"),
    "YAML 1.1": ("{p: 0.5}", "{p: 0.5, inplace: yes}"),
    "expression": ("$width, 3", "$(max(width, 8)), 3"),
    "tab": ("  - conv", "\t- conv"),
    "a list for one argument": ("{output_size: [7, 7]}", "[7, 7]"),
}
UNSAFE = {"argument of a step"}


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in UNSAFE])
@pytest.mark.parametrize("layout", ["", "crlf", "bom"])
def test_a_mistake_is_mended_and_all_else_stays(name: str, layout: str) -> None:
    right, wrong = MISTAKES[name]
    assert GOOD.count(right) == 1
    text = GOOD.replace(right, wrong)
    if layout == "crlf":
        text = text.replace("\n", "\r\n")
    data = ("\ufeff" if layout == "bom" else "").encode() + text.encode()
    outcome = mended(data)
    assert not outcome.found
    after = outcome.contents["net.yaml"]
    line = next(i for i, each in enumerate(GOOD.split("\n")) if right in each)
    assert [
        i for i, (a, b) in enumerate(zip(data.split(b"\n"), after.split(b"\n"), strict=True)) if a != b
    ] == [line]
    assert outcome.fixed == 1
    if name not in ("expression", "YAML 1.1", "tab"):
        assert after == data.replace(wrong.encode(), right.encode())


def test_what_several_rounds_need_is_done_in_one_call() -> None:
    # The wrong names hide the wrong size.
    text = GOOD.replace("padding: 1", "paddin: 1").replace("BatchNorm2d: [8]", "BatchNorm2d: [9]")
    text = text.replace("392", "393").replace("- norm", "- nrom")
    outcome = mended(text)
    assert outcome.contents["net.yaml"] == GOOD.encode()
    assert outcome.fixed == 4


def test_an_unsafe_fix_waits_until_it_is_asked_for() -> None:
    text = GOOD.replace("  - relu\n", "  - relu\n  - dropout: {p: 0.25\n", 1)
    held = mended(text)
    assert (held.fixed, held.held_back) == (0, 1)
    assert held.contents["net.yaml"] == text.encode()
    done = mended(text, unsafe=True)
    assert (done.fixed, done.held_back, done.found) == (1, 0, ())


class Letters:
    """A checker with an error at each `a`, `b` and `X`; the fix for `a` makes two errors of it."""

    def __init__(self, asked: frozenset[str] = frozenset()) -> None:
        self.used: dict[str, set[str]] = {}
        self.asked = asked

    def check(self, shown: str, data: bytes, given: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
        source = Source(shown, data.decode())
        spans = [Span(source, at, at + 1) for at, letter in enumerate(source.text) if letter in "abX"]
        return tuple(Diagnostic("NS201", span.text, span, fixes=self.fixes(span)) for span in spans)

    def fixes(self, span: Span) -> tuple[Fix, ...]:
        new = {"a": "XX", "b": "c"}.get(span.text)
        return (Fix("", (Edit(span, new),)),) if new is not None else ()


def test_a_fix_that_makes_more_errors_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.fixing.workspace.Checker", Letters)
    workspace = Workspace({"n": "n"}, Letters())  # type: ignore[arg-type]
    outcome = mend(workspace, {"n": b"a.a.b"}, unsafe=False, wanted=lambda found: found)
    assert outcome.contents == {"n": b"a.a.c"}
    assert (outcome.fixed, errors(outcome.found)) == (1, 2)


def test_what_is_not_wanted_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.fixing.workspace.Checker", Letters)
    workspace = Workspace({"n": "n"}, Letters())  # type: ignore[arg-type]
    outcome = mend(workspace, {"n": b"b.b"}, unsafe=False, wanted=lambda found: found[:0])
    assert outcome.contents == {"n": b"b.b"}


PART = """\
netspec: 1
name: Parts
blocks:
  Part:
    inputs: {x: [N, 4]}
    layers: {fc: {Linear: [4, 4]}}
    forward: [fc, rleu]
inputs: {x: [N, 4]}
layers: {p: {Part: {}}}
forward: [p]
"""
USER = "netspec: 1\nname: Net\nuse: [part.yaml]\ninputs: {x: [N, 4]}\nlayers: {a: {Part: {}}}\nforward: [a]\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("named", "is_mended"),
    [(["net.yaml"], False), (["net.yaml", "part.yaml"], True), (["net.yaml", "./part.yaml"], True)],
)
def test_only_files_that_were_named_are_changed(
    named: list[str], is_mended: bool, newline: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("part.yaml").write_bytes(PART.replace("\n", newline).encode())
    Path("net.yaml").write_text(USER)
    names, contents = opened(named, None, read_bytes)
    outcome = mend(Workspace(names, Checker()), contents, unsafe=False, wanted=lambda found: found)
    key = os.path.realpath("part.yaml")
    assert (
        outcome.contents.get(key) == PART.replace("rleu", "relu").replace("\n", newline).encode()
    ) == is_mended
    assert (errors(outcome.found) == 0) == is_mended
    assert outcome.fixed == int(is_mended)


def test_a_file_that_is_not_utf8_is_left() -> None:
    outcome = mended(b"\xff\xfe", unsafe=True)
    assert outcome.contents == {"net.yaml": b"\xff\xfe"}
    assert [each.code for each in outcome.found] == ["NS010"]


def test_edits_that_touch_are_not_applied_together() -> None:
    source = Source("a", "0123456789")

    def fix(start: int, end: int) -> Fix:
        return Fix("", (Edit(Span(source, start, end), "x"),))

    fixes = [fix(0, 2), fix(1, 3), fix(2, 2), fix(3, 4), fix(3, 4), fix(5, 6)]
    kept = compatible(fixes, lambda edit: edit.span.source.path)
    assert kept == [fixes[0], fixes[3], fixes[5]]


@given(
    st.text("ab\n\r", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4), st.text("xy", max_size=3)), max_size=5),
)
def test_what_lies_outside_of_edits_stays(text: str, places: list[tuple[int, int, str]]) -> None:
    source = Source("a", text)
    edits, pieces, at = [], [], 0
    for start, length, new in sorted(places):
        if start < at or start + length > len(text):
            continue
        edits.append(Edit(Span(source, start, start + length), new))
        pieces += [text[at:start], new]
        at = start + length + 1
        pieces.append(text[start + length : at])
    assert edited(text, edits) == "".join([*pieces, text[at:]])


# Characters and words that mistakes put into a spec, take out of it, or double.
CHANGES = st.tuples(
    st.integers(0, len(GOOD) - 1),
    st.integers(0, 3),
    st.sampled_from(["", "", " ", "1", "x", ",", "[", "}", "\n", "$"]),
)


@settings(deadline=None, max_examples=150)
@given(CHANGES, st.booleans())
def test_mending_never_makes_more_errors(change: tuple[int, int, str], unsafe: bool) -> None:
    at, length, new = change
    text = GOOD[:at] + new + GOOD[at + length :]
    before = Checker().check("net.yaml", text.encode())
    outcome = mended(text, unsafe=unsafe)
    after = outcome.contents["net.yaml"]
    assert errors(outcome.found) <= errors(before)
    assert errors(Checker().check("net.yaml", after)) == errors(outcome.found)
    if not outcome.fixed:
        assert after == text.encode()
    again = mended(after, unsafe=unsafe)
    assert again.contents["net.yaml"] == after
