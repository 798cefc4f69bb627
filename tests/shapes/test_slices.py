"""The length of a slice is Python's, for every size of what its bounds depend on."""

from __future__ import annotations

import itertools

import pytest

from netspec.shapes.call import Call
from netspec.shapes.dims import Dim, const, symbol
from netspec.shapes.rules.language import LANGUAGE_RULES
from netspec.shapes.values import UNKNOWN, Tensor

T = symbol("T")
BOUNDS = (None, -7, -3, -1, 0, 1, 2, 5, T, T - 2, 1 - T, T // 2, -(T // 2))


def at(bound: Dim | int | None, size: int) -> int | None:
    return bound.evaluate({"T": size}) if isinstance(bound, Dim) else bound


@pytest.mark.parametrize("step", [None, 2, 3])
def test_a_slice_has_the_length_that_python_gives_it(step: int | None) -> None:
    for start, stop in itertools.product(BOUNDS, BOUNDS):
        call = Call(
            "index", "index", inputs={"input": Tensor((T,)), "subscript": (slice(start, stop, step),)}
        )
        result = LANGUAGE_RULES["index"](call)
        assert isinstance(result, Tensor)
        assert result.shape is not None
        for size in range(1, 15):
            wanted = len(range(size)[slice(at(start, size), at(stop, size), step)])
            assert result.shape[0].evaluate({"T": size}) == wanted, (start, stop, step, size)


@pytest.mark.parametrize("item", [slice(None, UNKNOWN), slice(UNKNOWN, None, 2), UNKNOWN])
def test_a_bound_that_is_not_known_leaves_the_shape_unknown(item: object) -> None:
    call = Call("index", "index", inputs={"input": Tensor((const(8), T)), "subscript": (item,)})
    assert LANGUAGE_RULES["index"](call) == Tensor(None)
