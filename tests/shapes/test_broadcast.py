"""Broadcasting over symbolic sizes."""

from __future__ import annotations

import pytest

from netspec.shapes.broadcast import Clash, broadcast, broadcast_inputs, broadcast_size
from netspec.shapes.call import Call, Fault, Unmet
from netspec.shapes.dims import ONE, const, symbol
from netspec.shapes.values import Tensor

N, H = symbol("N"), symbol("H")


def test_equal_sizes_and_ones_fit() -> None:
    assert broadcast((N, const(1), const(4)), (const(3), const(1))) == (N, const(3), const(4))
    assert broadcast((), (N,)) == (N,)
    assert broadcast((const(0),), (ONE,)) == (const(0),)
    assert broadcast() == ()


def test_an_unknown_shape_makes_the_result_unknown() -> None:
    assert broadcast((N,), None) is None


def test_a_symbol_does_not_fit_a_number() -> None:
    with pytest.raises(Clash) as caught:
        broadcast((N, const(4)), (ONE, N))
    clash = caught.value
    assert clash.axis == -1
    assert clash.unmet.text == "4 and N are neither equal nor 1"


def test_a_size_that_is_one_or_the_other_fits() -> None:
    assert broadcast_size(H % 2 + 1, const(2)) == const(2)
    assert broadcast_size(const(2), H % 2 + 1) == const(2)


def test_sizes_that_turn_to_one_in_turns_have_no_single_form() -> None:
    assert broadcast_size(H % 2 * 4 + 1, (H + 1) % 2 * 4 + 1) is None
    assert broadcast((H % 2 * 4 + 1,), ((H + 1) % 2 * 4 + 1,)) is None


def test_the_fault_names_shapes_dimension_and_example() -> None:
    call = Call("add", "add")
    with pytest.raises(Fault) as caught:
        broadcast_inputs(call, Tensor((N, const(64))), Tensor((N, N)), argument="other")
    fault = caught.value
    assert fault.code == "NS403"
    assert fault.message == ("`add` cannot broadcast [N, 64] with [N, N]: dimension -1 is 64 and N")
    assert fault.argument == "other"
    assert fault.unmet == Unmet(const(64), N, "broadcast")
