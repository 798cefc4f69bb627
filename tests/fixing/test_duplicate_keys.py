"""The second of two equal keys is removed with its value, and nothing else."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Collector, Source
from netspec.fixing.edits import edited
from netspec.syntax import read


def removed(text: str) -> str | None:
    """The text without the second key; None where there is no fix."""
    collector = Collector()
    read(Source("a.yaml", text), collector)
    (found,) = collector.diagnostics
    assert found.code == "NS004"
    if not found.fixes:
        return None
    (fix,) = found.fixes
    assert fix.safety == "unsafe"
    return edited(text, fix.edits)


CASES = {
    "flow": ("a: {x: 1, y: 2,  x: 3 }\n", "a: {x: 1, y: 2 }\n"),
    "flow over lines": ("a: {x: 1,\n    x: [3, 4]}  # end\n", "a: {x: 1}  # end\n"),
    "flow without a value": ("a: {x: 1, x, y: 2}\n", "a: {x: 1, y: 2}\n"),
    "block": ("a: 1\nb: 2\na: 3  # gone\nc: 4\n", "a: 1\nb: 2\nc: 4\n"),
    "block at the end": ("a: 1\na: 3", "a: 1\n"),
    "block without a value": ("a: 1\na:\nb: 2\n", "a: 1\nb: 2\n"),
    "nested": ("a: 1\na:\n  x:\n    y: 1\n\n  z: [1,\n    2]\nb: 2\n", "a: 1\nb: 2\n"),
    "list below": ("a: 1\na:\n- 1\n- 2\nb: 2\n", "a: 1\nb: 2\n"),
    "list inside": ("a:\n  b: 1\n  b:\n    - 1\n  # stays\n  c: 1\n", "a:\n  b: 1\n  # stays\n  c: 1\n"),
    "text below": ("a: 1\na: |\n  x\n\n  y\nb: 2\n", "a: 1\nb: 2\n"),
    "quoted over lines": ('a: 1\na: "x\n  y"\nb: 2\n', "a: 1\nb: 2\n"),
    "bracket at the margin": ("a: 1\na: [1,\n2\n]\nb: 2\n", "a: 1\nb: 2\n"),
    "in a list": ("- a: 1\n  a: 2\n- 3\n", "- a: 1\n- 3\n"),
    "crlf": ("a: 1\r\na:\r\n  x: 2\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_second_entry_goes(name: str) -> None:
    before, after = CASES[name]
    assert removed(before) == after


@pytest.mark.parametrize(
    "text",
    ["a: {x: 1, # why\n    x: 2}\n", "b: &b 1\na: {x: *b, x: 2}\n", "b: &b 1\na: {x: 1, x: *b}\n"],
)
def test_where_it_is_not_certain_there_is_no_fix(text: str) -> None:
    assert removed(text) is None
