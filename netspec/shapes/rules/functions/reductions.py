"""Reductions: a tensor over all, one or several of its dimensions.

`dim` is None (all), a number or a tuple; `keepdim` leaves reduced dimensions with size 1.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.shapes.axes import axes, axis
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.promotion import is_integral, real_of, to_floating
from netspec.shapes.rules.functions.arguments import (
    dtype,
    flag,
    given,
    index,
    indices,
    need_category,
    need_floating,
    rank_of,
)
from netspec.shapes.rules.functions.binary import TensorRule, arithmetic
from netspec.shapes.values import Shape, Tensor, TupleOf, Value

__all__ = ["RULES", "over_axes", "over_one", "reduced"]


def reduced(call: Call, shape: Shape | None, dims: tuple[int, ...] | None, keepdim: bool) -> Shape | None:
    """The shape after reducing `dims`; None or no dimensions: all of them."""
    if shape is None:
        return () if not dims and not keepdim else None
    places = axes(call, dims, len(shape)) if dims else tuple(range(len(shape)))
    if keepdim:
        return tuple(ONE if place in places else size for place, size in enumerate(shape))
    return tuple(size for place, size in enumerate(shape) if place not in places)


def over_axes(call: Call, tensor: Tensor) -> Shape | None:
    """The shape after the reduction that `dim` and `keepdim` describe."""
    return reduced(call, tensor.shape, indices(call, "dim"), flag(call, "keepdim"))


def over_one(call: Call, tensor: Tensor, default: int | None = None) -> Shape | None:
    """As `over_axes`, for functions that reduce one dimension."""
    return reduced(call, tensor.shape, (index(call, "dim", default),), flag(call, "keepdim"))


def _need_elements(call: Call, tensor: Tensor) -> None:
    """`max` and its like have no answer over nothing."""
    if tensor.shape is None:
        return
    dims = indices(call, "dim")
    places = axes(call, dims, len(tensor.shape)) if dims else tuple(range(len(tensor.shape)))
    for place in places:
        if place < len(tensor.shape) and tensor.shape[place].value == 0:
            call.fail("NS404", f"`{call.name}` reduces dimension {place}, which is empty", argument="dim")


def _summed(kind: str | None) -> str | None:
    return "int64" if is_integral(kind) else kind


def total(call: Call) -> Tensor:
    """`sum`, `prod`, `nansum`: integers and booleans add up in int64."""
    tensor = call.tensor("input")
    return Tensor(over_axes(call, tensor), dtype(call, _summed(tensor.dtype)))


def mean(call: Call) -> Tensor:
    """`mean`, `nanmean`: of floating-point or complex numbers."""
    tensor = call.tensor("input")
    result = dtype(call, tensor.dtype)
    need_floating(call, Tensor(tensor.shape, result), complex=call.op != "nanmean")
    return Tensor(over_axes(call, tensor), result)


def truth(call: Call) -> Tensor:
    """`all`, `any`: booleans, but of uint8 a uint8."""
    tensor = call.tensor("input")
    kind = "uint8" if tensor.dtype == "uint8" else "bool"
    if indices(call, "dim") == ():
        return Tensor(tensor.shape, kind)  # here, unlike in `sum`, an empty list means no dimension
    return Tensor(over_axes(call, tensor), kind)


def extreme(call: Call) -> Tensor:
    """`amax`, `amin`."""
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    _need_elements(call, tensor)
    return Tensor(over_axes(call, tensor), tensor.dtype)


def extreme_index(call: Call) -> Tensor:
    """`argmax`, `argmin`: one dimension, or the whole as if flat."""
    tensor = call.tensor("input")
    need_category(call, tensor, (1, 2), "a dtype of real numbers")
    _need_elements(call, tensor)
    return Tensor(over_axes(call, tensor), "int64")


def with_index(call: Call) -> Value:
    """`max`, `min`, `median`: without `dim` one value, with `dim` values and indices."""
    if given(call, "other") is not None:
        return arithmetic(3)(call)
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    if "median" in call.op:
        need_category(call, tensor, (1, 2), "a dtype of real numbers")
    else:
        _need_elements(call, tensor)
    if given(call, "dim") is None:
        return Tensor((), tensor.dtype)
    shape = over_one(call, tensor)
    return TupleOf((Tensor(shape, tensor.dtype), Tensor(shape, "int64")), ("values", "indices"))


def extremes(call: Call) -> Value:
    """`aminmax`: both ends at once."""
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    _need_elements(call, tensor)
    shape = over_axes(call, tensor)
    return TupleOf((Tensor(shape, tensor.dtype), Tensor(shape, tensor.dtype)), ("min", "max"))


def spread(call: Call) -> Tensor:
    """`std`, `var`: real also for complex numbers."""
    tensor = call.tensor("input")
    kind = need_floating(call, tensor, complex=True)
    return Tensor(over_axes(call, tensor), real_of(kind))


def spread_and_mean(call: Call) -> Value:
    tensor = call.tensor("input")
    shape = over_axes(call, tensor)
    kind = need_floating(call, tensor, complex=True)
    return TupleOf((Tensor(shape, real_of(kind)), Tensor(shape, kind)))


def norm(call: Call) -> Tensor:
    """`norm`: real also for complex numbers."""
    tensor = call.tensor("input")
    kind = dtype(call, tensor.dtype)
    need_floating(call, Tensor(tensor.shape, kind), complex=True)
    if given(call, "p") == "nuc":
        _need_matrix(call, tensor)
    return Tensor(over_axes(call, tensor), real_of(kind))


def _need_matrix(call: Call, tensor: Tensor) -> None:
    """The nuclear norm is one of matrices: of two dimensions."""
    if given(call, "dim") is None:
        rank_of(call, tensor, 2)
    elif len(indices(call, "dim") or ()) != 2:
        call.fail("NS408", f"`{call.name}` with p 'nuc' is taken over two dimensions", argument="dim")


def logsumexp(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(over_axes(call, tensor), to_floating(tensor.dtype))


def count_nonzero(call: Call) -> Tensor:
    return Tensor(over_axes(call, call.tensor("input")), "int64")


def distance(call: Call) -> Tensor:
    """`dist`: the norm of a difference."""
    difference = arithmetic()(call)
    return Tensor((), real_of(need_floating(call, difference, complex=True)))


def quantile(call: Call) -> Tensor:
    """`quantile`: with a list of `q` its dimension comes first; `dim` None means flat."""
    tensor, q = call.tensor("input"), given(call, "q")
    need_floating(call, tensor)
    shape = over_axes(call, tensor) if given(call, "dim") is None else over_one(call, tensor)
    if not isinstance(q, Tensor):
        return Tensor(shape, tensor.dtype)
    if q.dtype is not None and q.dtype != tensor.dtype:
        call.fail("NS405", f"`{call.name}` needs `q` of the value's dtype but receives {q}", argument="q")
    if q.shape is None or shape is None:
        return Tensor(None, tensor.dtype)
    if len(q.shape) > 1:
        call.fail("NS401", f"`{call.name}` needs `q` of 0 or 1 dimensions but receives {q}", argument="q")
    return Tensor((*q.shape, *shape), tensor.dtype)


def mode(call: Call) -> Value:
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    shape = over_one(call, tensor, -1)
    return TupleOf((Tensor(shape, tensor.dtype), Tensor(shape, "int64")), ("values", "indices"))


def cumulative(result: Callable[[str | None], str | None]) -> TensorRule:
    """The rule of a running sum or product along `dim`: the shape stays."""

    def rule(call: Call) -> Tensor:
        tensor = call.tensor("input")
        if tensor.shape is not None:
            axis(call, index(call, "dim"), len(tensor.shape))
        return Tensor(tensor.shape, dtype(call, result(tensor.dtype)))

    return rule


def cumulative_extreme(call: Call) -> Value:
    """`cummax`, `cummin`: values and indices."""
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    if tensor.shape is not None:
        axis(call, index(call, "dim"), len(tensor.shape))
    return TupleOf((tensor, Tensor(tensor.shape, "int64")), ("values", "indices"))


def logcumsumexp(call: Call) -> Tensor:
    need_floating(call, call.tensor("input"), complex=True)
    return cumulative(lambda kind: kind)(call)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("sum", "prod", "nansum"), total),
    **dict.fromkeys(("mean", "nanmean"), mean),
    **dict.fromkeys(("all", "any"), truth),
    **dict.fromkeys(("amax", "amin"), extreme),
    **dict.fromkeys(("argmax", "argmin"), extreme_index),
    **dict.fromkeys(("max", "min", "median", "nanmedian"), with_index),
    "aminmax": extremes,
    **dict.fromkeys(("std", "var"), spread),
    **dict.fromkeys(("std_mean", "var_mean"), spread_and_mean),
    "norm": norm,
    "logsumexp": logsumexp,
    "count_nonzero": count_nonzero,
    "dist": distance,
    **dict.fromkeys(("quantile", "nanquantile"), quantile),
    "mode": mode,
    **dict.fromkeys(("cumsum", "cumprod"), cumulative(_summed)),
    **dict.fromkeys(("cummax", "cummin"), cumulative_extreme),
    "logcumsumexp": logcumsumexp,
}
