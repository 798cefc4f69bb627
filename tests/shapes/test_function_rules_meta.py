"""Function rules against PyTorch on the meta device, over shapes that Hypothesis draws.

PyTorch succeeds if and only if the rule does, with the same shapes and dtypes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import const, symbol
from netspec.shapes.rules import rule_for
from netspec.shapes.values import ListOf, Tensor, TupleOf, Value

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SIZES = st.integers(0, 4)
SHAPES = st.lists(SIZES, max_size=4).map(tuple)
FILLED = st.lists(st.integers(1, 4), max_size=4).map(tuple)
DTYPES = st.sampled_from(("float32", "float64", "float16", "int64", "int32", "uint8", "bool"))
MANY = settings(max_examples=300, deadline=None)


def meta(shape: tuple[int, ...], dtype: str = "float32") -> Any:
    return torch.empty(shape, dtype=getattr(torch, dtype), device="meta")


def ours(shape: tuple[int, ...], dtype: str = "float32") -> Tensor:
    return Tensor(tuple(map(const, shape)), dtype)


def answer(op: str, **inputs: Any) -> Value | None:
    """The rule's answer; None where it finds a fault."""
    rule = rule_for(op)
    assert rule is not None
    try:
        return rule(Call(op, op, {}, inputs))
    except Fault:
        return None


def outcome(compute: Callable[[], Any]) -> Any:
    """PyTorch's answer; None where it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compute()
    except (RuntimeError, IndexError, TypeError, ValueError):
        return None


def plain(value: Any) -> Any:
    """Both sides in one form: nested tuples of (dtype, sizes)."""
    match value:
        case Tensor(shape=shape, dtype=dtype):
            assert shape is not None
            return dtype, tuple(size.value for size in shape)
        case TupleOf(items=items):
            return tuple(map(plain, items))
        case torch.Tensor():
            return str(value.dtype).removeprefix("torch."), tuple(value.shape)
        case tuple() | list():
            return tuple(map(plain, value))
    return value


@MANY
@given(SHAPES, SHAPES, DTYPES, DTYPES, st.sampled_from(("add", "mul", "maximum", "eq", "true_divide")))
def test_elementwise(a: tuple[int, ...], b: tuple[int, ...], x: str, y: str, op: str) -> None:
    expected = outcome(lambda: getattr(torch, op)(meta(a, x), meta(b, y)))
    assert plain(answer(op, input=ours(a, x), other=ours(b, y))) == plain(expected)


@MANY
@given(SHAPES, DTYPES, st.one_of(st.booleans(), st.integers(0, 5), st.floats(0, 5)))
def test_tensor_with_number(a: tuple[int, ...], dtype: str, number: Any) -> None:
    expected = outcome(lambda: torch.mul(meta(a, dtype), number))
    assert plain(answer("mul", input=ours(a, dtype), other=number)) == plain(expected)


@MANY
@given(SHAPES, st.lists(st.integers(-1, 6), max_size=4).map(tuple))
def test_view(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    expected = outcome(lambda: meta(shape).view(wanted))
    assert plain(answer("view", input=ours(shape), size=wanted)) == plain(expected)


@MANY
@given(FILLED, st.data())
def test_view_of_a_symbolic_batch(rest: tuple[int, ...], data: st.DataObject) -> None:
    """[N, ...] -> [N * k or -1, ...]: the answer holds for several N, or a fault is true for one."""
    count = math.prod(rest)
    last = data.draw(st.integers(1, count + 2))
    wanted = data.draw(st.sampled_from([(-1, last), (last, -1)]))
    tensor = Tensor((symbol("N"), *map(const, rest)))
    found = answer("view", input=tensor, size=wanted)
    results = {n: outcome(lambda n=n: meta((n, *rest)).view(wanted)) for n in (1, 2, 3, 5, 7, 8, 60)}
    if found is None:
        assert None in results.values()
        return
    assert isinstance(found, Tensor)
    assert found.shape is not None
    for n, result in results.items():
        assert tuple(size.evaluate({"N": n}) for size in found.shape) == tuple(result.shape)


@MANY
@given(st.lists(SHAPES, min_size=1, max_size=3), st.integers(-5, 4))
def test_cat(shapes: list[tuple[int, ...]], dim: int) -> None:
    expected = outcome(lambda: torch.cat([meta(shape) for shape in shapes], dim))
    found = answer("cat", tensors=ListOf(tuple(map(ours, shapes))), dim=dim)
    assert plain(found) == plain(expected)


@MANY
@given(FILLED, st.integers(-5, 4), st.data())
def test_cat_of_shapes_that_differ_in_one_size(shape: tuple[int, ...], dim: int, data: st.DataObject) -> None:
    other = list(shape)
    if shape:
        other[data.draw(st.integers(0, len(shape) - 1))] += 1
    expected = outcome(lambda: torch.cat([meta(shape), meta(tuple(other))], dim))
    found = answer("cat", tensors=ListOf((ours(shape), ours(tuple(other)))), dim=dim)
    assert plain(found) == plain(expected)


@MANY
@given(FILLED, FILLED, st.booleans())
def test_matmul(a: tuple[int, ...], b: tuple[int, ...], fit: bool) -> None:
    if fit and a and b:
        b = (*b[:-2], a[-1], b[-1]) if len(b) > 1 else (a[-1],)
    expected = outcome(lambda: torch.matmul(meta(a), meta(b)))
    assert plain(answer("matmul", input=ours(a), other=ours(b))) == plain(expected)


@MANY
@given(
    FILLED,
    st.one_of(st.none(), st.integers(-5, 4), st.lists(st.integers(-4, 3), min_size=1, max_size=3).map(tuple)),
    st.booleans(),
    st.sampled_from(("sum", "mean", "amax", "std", "logsumexp", "all")),
)
def test_reductions(shape: tuple[int, ...], dim: Any, keepdim: bool, op: str) -> None:
    dims = dim if dim is not None else tuple(range(len(shape)))
    expected = outcome(lambda: getattr(torch, op)(meta(shape), dim=dims, keepdim=keepdim))
    assert plain(answer(op, input=ours(shape), dim=dims, keepdim=keepdim)) == plain(expected)


@MANY
@given(FILLED, st.integers(-5, 4), st.integers(1, 5), st.sampled_from(("chunk", "split", "tensor_split")))
def test_splitting(shape: tuple[int, ...], dim: int, count: int, op: str) -> None:
    names = {"chunk": "chunks", "split": "split_size_or_sections", "tensor_split": "indices_or_sections"}
    expected = outcome(lambda: getattr(torch, op)(meta(shape), count, dim))
    assert plain(answer(op, input=ours(shape), **{names[op]: count, "dim": dim})) == plain(expected)


@MANY
@given(FILLED, st.integers(-5, 4), st.integers(-5, 5), st.integers(-1, 5))
def test_narrow(shape: tuple[int, ...], dim: int, start: int, length: int) -> None:
    expected = outcome(lambda: meta(shape).narrow(dim, start, length))
    assert plain(answer("narrow", input=ours(shape), dim=dim, start=start, length=length)) == plain(expected)


@MANY
@given(st.integers(-5, 9), st.integers(-5, 9), st.integers(-3, 3), DTYPES)
def test_arange(start: int, end: int, step: int, dtype: str) -> None:
    expected = outcome(lambda: torch.arange(start, end, step, device="meta"))
    assert plain(answer("arange", start=start, end=end, step=step)) == plain(expected)


@MANY
@given(FILLED, st.lists(st.integers(-5, 4), max_size=5).map(tuple))
def test_permute(shape: tuple[int, ...], dims: tuple[int, ...]) -> None:
    expected = outcome(lambda: meta(shape).permute(dims))
    assert plain(answer("permute", input=ours(shape), dims=dims)) == plain(expected)


@MANY
@given(FILLED, st.lists(st.integers(-1, 4), max_size=5).map(tuple))
def test_expand(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    expected = outcome(lambda: meta(shape).expand(wanted))
    if expected is not None and -1 in expected.shape:
        expected = None  # on meta, -1 for a new dimension gives a negative size
    assert plain(answer("expand", input=ours(shape), size=wanted)) == plain(expected)


@MANY
@given(FILLED, st.integers(-5, 5), st.integers(-5, 5))
def test_flatten_and_transpose(shape: tuple[int, ...], first: int, second: int) -> None:
    expected = outcome(lambda: torch.flatten(meta(shape), first, second))
    assert plain(answer("flatten", input=ours(shape), start_dim=first, end_dim=second)) == plain(expected)
    expected = outcome(lambda: meta(shape).transpose(first, second))
    assert plain(answer("transpose", input=ours(shape), dim0=first, dim1=second)) == plain(expected)


@MANY
@given(FILLED, st.integers(-6, 5))
def test_squeeze_and_unsqueeze(shape: tuple[int, ...], dim: int) -> None:
    for op in ("squeeze", "unsqueeze", "unbind"):
        expected = outcome(lambda op=op: getattr(torch, op)(meta(shape), dim))
        assert plain(answer(op, input=ours(shape), dim=dim)) == plain(expected)
