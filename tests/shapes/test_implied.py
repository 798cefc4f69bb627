"""The equality that makes two sizes equal, and the fix that declares it."""

from __future__ import annotations

import pytest

import netspec
from netspec.fixing.edits import edited
from netspec.shapes.call import Unmet
from netspec.shapes.dims import Dim, const, symbol
from netspec.shapes.implied import solved

N, T, S, H = (symbol(name) for name in "NTSH")


@pytest.mark.parametrize(
    ("left", "right", "equality"),
    [
        (T, S, "S = T"),
        (T, const(4), "T = 4"),
        (4 * N * T, 4 * N * S, "S = T"),
        (T + 1, S, "S = T + 1"),
        (S - 1, T, "T = S - 1"),
        (12 * N, 6 * N * T, "T = 2"),
    ],
)
def test_what_two_sizes_need(left: Dim, right: Dim, equality: str) -> None:
    found = solved(Unmet(left, right))
    assert str(found) == equality
    assert found is not None
    now = {found.dimension.name: found.size}
    assert left.substitute(now) == right.substitute(now)


@pytest.mark.parametrize(
    ("left", "right"), [(T, T + 1), (2 * T, 2 * S + 1), (T * S, H * H), (N * 3, N * 4), (T + 4, const(4))]
)
def test_what_no_one_dimension_mends(left: Dim, right: Dim) -> None:
    assert solved(Unmet(left, right)) is None


SPEC = """\
netspec: 1
name: Net
inputs:
  words: [N, T, 64]   # of the text
  tags: [N, S, 64]
forward:
  - {add, from: [words, tags]}
"""


def test_the_fix_declares_one_name_and_leaves_the_rest() -> None:
    (found,) = netspec.validate_text(SPEC).diagnostics
    (fix,) = found.fixes
    assert fix.safety == "unsafe"
    mended = edited(SPEC, fix.edits)
    assert mended == SPEC.replace("[N, S, 64]", "[N, T, 64]")
    assert not netspec.validate_text(mended).diagnostics


def test_a_name_that_steps_speak_of_is_not_replaced() -> None:
    (found,) = netspec.validate_text(SPEC + "  - {narrow: [1, 0, $S]}\n").diagnostics
    assert found.fixes == ()


def test_what_depends_on_an_equality_is_not_reported_beside_it() -> None:
    later = "  - {add, from: [_, tags]}\n  - {reshape: [$N, 3]}\n"
    (found,) = netspec.validate_text(SPEC + later).diagnostics
    assert [label.text for label in found.labels if "too" in label.text] == ["needs S = T too"]
