"""The change that mends a spec is found by trying: where the finding goes, and what holds of every change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.diagnostics import Diagnostic

ROOT = Path(__file__).parents[2]
SPARE = """\
netspec: 1
name: Net
inputs:
  image: [N, 3, 32, 32]
layers:
  conv1: {Conv2d: [3, 64, 3, {padding: 1, bias: false}]}
  norm1: {BatchNorm2d: 64}
  conv2: {Conv2d: [64, 64, 3, {padding: 1}]}
  conv3: {Conv2d: [64, 64, 3, {padding: 1}]}
  head: Head
forward:
  - conv1
  - {norm1, as: features}
  - conv2
  - relu
  - {add, from: [features, _], as: middle}
  - conv3
  - {add, from: [_, middle]}
  - {mean: [[2, 3]]}
  - {head, as: logits}
outputs: [logits, features]
blocks:
  Head:
    inputs:
      vector: [N, 64]
    layers:
      hidden: {Linear: [64, 128]}
      last: {Linear: [128, 10]}
    forward:
      - hidden
      - relu
      - last
"""
# What is written in place of what: one slip at a time, and the change that undoes it.
SLIPS = {
    "a name where it is declared": ("as: features", "as: faetures"),
    "a layer where it is declared": ("  conv3:", "  covn3:"),
    "a block where it is declared": ("  Head:\n", "  Haed:\n"),
    "the channels of a layer, against its norm and all that follows": (
        "conv1: {Conv2d: [3, 64,",
        "conv1: {Conv2d: [3, 63,",
    ),
    "a norm, against the layers around": ("BatchNorm2d: 64", "BatchNorm2d: 32"),
    "a padding, against that of the other layers": ("conv3: {Conv2d: [64, 64, 3, {padding: 1}", None),
    "an input, against the layer that takes it": ("image: [N, 3,", "image: [N, 4,"),
    "a dimension of a block's input": ("vector: [N, 64]", "vector: [N]"),
    "a dtype": ("image: [N, 3, 32, 32]", "image: {shape: [N, 3, 32, 32], dtype: int64}"),
    "two arguments in each other's place": ("last: {Linear: [128, 10]}", "last: {Linear: [10, 128]}"),
    "a size of the last layer": ("last: {Linear: [128, 10]}", "last: {Linear: [129, 10]}"),
    "a source": ("from: [_, middle]", "from: [_, image]"),
}


def slipped(slip: str) -> tuple[str, int]:
    """The network with a slip, and the line of it."""
    right, wrong = SLIPS[slip]
    wrong = wrong or right.replace("padding: 1", "padding: 2")
    assert SPARE.count(right) == 1
    return SPARE.replace(right, wrong), SPARE[: SPARE.index(right)].count("\n") + 1


def mended(text: str, found: Diagnostic, fix: int = 0) -> str:
    for edit in sorted(found.fixes[fix].edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def test_the_network_has_no_slip() -> None:
    assert netspec.validate_text(SPARE).diagnostics == ()


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found_where_it_was_made(slip: str) -> None:
    text, line = slipped(slip)
    (found,) = netspec.validate_text(text).diagnostics
    assert found.span.start_position.line == line, found
    assert netspec.validate_text(mended(text, found)).errors == ()


@pytest.mark.parametrize("slip", SLIPS)
def test_a_search_changes_no_verdict_and_tells_the_same_twice(slip: str) -> None:
    text, _ = slipped(slip)
    first, second = netspec.validate_text(text), netspec.validate_text(text)
    assert first.render("json") == second.render("json")


def test_where_two_places_are_as_likely_both_are_shown() -> None:
    text = "netspec: 1\nname: Net\ninputs:\n  x: [N, 8]\n  y: [N, 6]\nforward:\n  - {add, from: [x, y]}\n"
    (found,) = netspec.validate_text(text).diagnostics
    assert found.span.start_position.line == 7
    assert {label.span.start_position.line for label in found.labels} >= {4, 5}
    for index in range(2):
        assert netspec.validate_text(mended(text, found, index)).errors == ()


def test_two_mistakes_stay_two() -> None:
    text = SPARE.replace("BatchNorm2d: 64", "BatchNorm2d: 32").replace(
        "last: {Linear: [128", "last: {Linear: [77"
    )
    assert len(netspec.validate_text(text).errors) == 2


NUMBER = re.compile(r"(?<=[\[ ])\d+(?=[,\]}])")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_change_that_is_offered_mends_the_file(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(list(NUMBER.finditer(SPARE))))
    number = data.draw(st.sampled_from([int(place.group()) + 1, int(place.group()) * 2, 0]))
    text = SPARE[: place.start()] + str(number) + SPARE[place.end() :]
    report = netspec.validate_text(text)
    for found in report.errors:
        if "no error is left" in " ".join((*found.notes, found.help or "")):
            assert len(report.errors) == 1
            for index in range(len(found.fixes)):
                assert netspec.validate_text(mended(text, found, index)).errors == ()
