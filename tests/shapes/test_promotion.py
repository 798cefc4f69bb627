"""Type promotion, held to PyTorch's over every pair of dtypes."""

from __future__ import annotations

import itertools

import pytest

from netspec.shapes.dims import const, symbol
from netspec.shapes.promotion import (
    DTYPES,
    Operand,
    is_complex,
    is_floating,
    is_integral,
    promote,
    result_dtype,
)
from netspec.shapes.values import Tensor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def torch_name(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


def promoted(a: str, b: str) -> str | None:
    try:
        return torch_name(torch.promote_types(getattr(torch, a), getattr(torch, b)))
    except RuntimeError:
        return None


def test_every_pair_of_dtypes_promotes_as_in_torch() -> None:
    wrong = [
        (a, b, promote(a, b), promoted(a, b))
        for a, b in itertools.product(DTYPES, repeat=2)
        if promote(a, b) != promoted(a, b)
    ]
    assert not wrong


def test_categories_are_those_of_torch() -> None:
    for name in DTYPES:
        dtype = getattr(torch, name)
        assert is_floating(name) == dtype.is_floating_point
        assert is_complex(name) == dtype.is_complex
        assert is_integral(name) == (not dtype.is_floating_point and not dtype.is_complex)


COMMON = (
    "bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip
NUMBERS = (True, 3, 2.5, 1j)


def ours(kind: object) -> Operand:
    match kind:
        case (str(dtype), int(rank)):
            return Tensor((const(2),) * rank, dtype)
    assert isinstance(kind, bool | int | float | complex)
    return kind


def theirs(kind: object) -> object:
    match kind:
        case (str(dtype), int(rank)):
            return torch.empty((2,) * rank, dtype=getattr(torch, dtype))
    return kind


def test_two_operands_of_every_kind_give_the_result_type_of_torch() -> None:
    kinds = [*itertools.product(COMMON, (0, 1)), *NUMBERS]
    wrong = []
    for a, b in itertools.product(kinds, repeat=2):
        if isinstance(a, tuple) or isinstance(b, tuple):
            expected: str | None = torch_name(torch.result_type(theirs(a), theirs(b)))
            if expected == "bcomplex32":
                expected = None  # PyTorch's releases differ
            if result_dtype([ours(a), ours(b)]) != expected:
                wrong.append((a, b, result_dtype([ours(a), ours(b)]), expected))
    assert not wrong


def test_an_unknown_rank_matters_only_if_the_answers_differ() -> None:
    unranked = Tensor(None, "float64")
    assert result_dtype([unranked, Tensor((symbol("N"),), "float32")]) is None
    assert result_dtype([unranked, Tensor((symbol("N"),), "int64")]) == "float64"
    assert result_dtype([Tensor((const(1),), None), 1]) is None
