"""Formulas against a count of the windows themselves, and their symbolic against their numeric form."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.shapes import formulas
from netspec.shapes.axes import axes, axis
from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import symbol

SMALL = st.integers(1, 6)


def windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """Window starts -padding, -padding + stride, ... that count."""
    end, extent = size + padding, dilation * (kernel - 1) + 1
    count, start = 0, -padding
    while start + extent <= end:
        count, start = count + 1, start + stride
    if ceil_mode and start < size and start - stride + extent < end:
        count += 1
    return count


@given(st.integers(1, 60), SMALL, SMALL, SMALL, st.booleans(), st.data())
def test_pool_counts_the_windows(size, kernel, stride, dilation, ceil_mode, data):
    padding = data.draw(st.integers(0, kernel // 2))
    if size + 2 * padding < dilation * (kernel - 1) + 1:
        return
    expected = windows(size, kernel, stride, padding, dilation, ceil_mode)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    assert formulas.pool(size, kernel, **settings).value == expected
    assert formulas.pool(symbol("H"), kernel, **settings).evaluate({"H": size}) == expected


@given(st.integers(1, 60), SMALL, SMALL, st.integers(0, 5), SMALL)
def test_transposed_undoes_conv(size, kernel, stride, padding, dilation):
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    output = formulas.conv(size, kernel, **settings)
    if output.value < 1:
        return
    back = [
        formulas.transposed(output, kernel, output_padding=extra, **settings).value for extra in range(stride)
    ]
    assert size in back


@given(SMALL, SMALL, st.integers(0, 9), SMALL, st.integers(0, 2))
def test_least_transposed_is_the_first_positive(kernel, stride, padding, dilation, extra):
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": extra}
    least = formulas.least_transposed(kernel, **settings).value
    assert formulas.transposed(least, kernel, **settings).value >= 1
    assert least == 1 or formulas.transposed(least - 1, kernel, **settings).value < 1


@given(st.integers(1, 1000), st.sampled_from([0.5, 2.0, 1.5, 0.25, 3.0, 0.125]))
def test_scaled_agrees_for_symbols(size, factor):
    assert formulas.scaled(size, factor).value == math.floor(size * factor)
    assert formulas.scaled(symbol("H"), factor).evaluate({"H": size}) == math.floor(size * factor)


def test_scaled_gives_up_where_doubles_round_down():
    assert formulas.scaled(symbol("H"), 0.7) is None


def test_axis_counts_from_the_end():
    call = Call("softmax", "probs")
    assert [axis(call, index, 3) for index in range(-3, 3)] == [0, 1, 2, 0, 1, 2]
    assert axis(call, -1, 0) == 0
    assert axis(call, 3, 3, new=1) == 3
    assert axes(call, (-1, 0), 4) == (3, 0)


def test_axis_outside_the_rank():
    with pytest.raises(Fault) as caught:
        axis(Call("softmax", "probs"), 2, 2)
    assert caught.value.code == "NS406"
    assert caught.value.message == "`probs` uses dimension 2 of a value with 2 dimensions"
    assert caught.value.argument == "dim"


def test_axis_named_twice():
    with pytest.raises(Fault) as caught:
        axes(Call("sum", "sum"), (1, -1), 2)
    assert caught.value.code == "NS408"
