"""Convolutions whose weight is an argument: channels and kernel are read off the weight's shape."""

from __future__ import annotations

from functools import partial

from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import Dim, const
from netspec.shapes.rules.functions.arguments import given, index, rank_of, same_dtype
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.values import Shape, Tensor, Value

_BLAME = dict.fromkeys(("in_channels", "out_channels", "kernel_size"), "weight")


def conv(call: Call, count: int, *, transposed: bool = False) -> Value:
    """Weights are [out, in // groups, *kernel], transposed ones [in, out // groups, *kernel]."""
    tensor, weight, bias = call.tensor("input"), call.tensor("weight"), call.optional("bias")
    dtype = same_dtype(call, *(one for one in (tensor, weight, bias) if one is not None))
    shape = rank_of(call, weight, count + 2, argument="weight")
    if shape is None:
        return Tensor(None, dtype)
    groups = index(call, "groups", 1)
    if groups > 0:
        must_equal(
            call,
            shape[0] % groups,
            0,
            f"`{call.name}` has {groups} groups, which do not divide the {shape[0]} of its weight",
            argument="groups",
            unmet=Unmet(shape[0], const(groups), "multiple"),
        )
    first, second = shape[0], shape[1] * groups
    given_channels, made = (first, second) if transposed else (second, first)
    _check_bias(call, bias, made)
    settings = {
        "in_channels": given_channels,
        "out_channels": made,
        "kernel_size": _kernel(shape),
        "padding_mode": "zeros",
        "padding": given(call, "padding", 0),
        "dtype": dtype,
    }
    op = f"Conv{'Transpose' if transposed else ''}{count}d"
    return delegate(call, op, settings=settings, blame=_BLAME)


def _kernel(shape: Shape) -> tuple[Dim | int, ...]:
    return tuple(size if size.value is None else size.value for size in shape[2:])


def _check_bias(call: Call, bias: Tensor | None, channels: Dim) -> None:
    if bias is None:
        return
    shape = rank_of(call, bias, 1, argument="bias")
    if shape is not None:
        must_equal(
            call,
            shape[0],
            channels,
            f"`{call.name}` makes {channels} channels but has a bias for {shape[0]}",
            argument="bias",
        )


RULES: dict[str, Rule] = {
    **{f"conv{n}d": partial(conv, count=n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": partial(conv, count=n, transposed=True) for n in (1, 2, 3)},
}
