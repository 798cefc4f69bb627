"""Functions of series of numbers: `diff`, `gradient`, `trapezoid`, `cov`, `histc`, `vander`, ..."""

from __future__ import annotations

import math
from typing import Any

from netspec.shapes.axes import axes, axis
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, Dim, const, product
from netspec.shapes.promotion import category, result_dtype, to_floating
from netspec.shapes.rules.functions.arguments import (
    flag,
    given,
    index,
    indices,
    items_of,
    need_category,
    need_floating,
    rank_at_least,
    rank_of,
)
from netspec.shapes.rules.functions.checking import always_exceeds, must_equal
from netspec.shapes.trying import equal
from netspec.shapes.values import UNKNOWN, ListOf, Shape, Tensor, TupleOf, Value, shape_text


def diff(call: Call) -> Tensor:
    """Differences of neighbours, `n` times: each makes `dim` one shorter, but not below nothing."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 1)
    if shape is None:
        return tensor
    times = index(call, "n", 1)
    if times < 0:
        call.fail("NS408", f"`{call.name}` is taken {times} times", argument="n")
    if times == 0:
        return tensor
    place = axis(call, index(call, "dim", -1), len(shape))
    size = shape[place]
    for name in ("prepend", "append"):
        extra = call.optional(name)
        if extra is not None:
            if extra.shape is None:
                return Tensor(None, tensor.dtype)
            if extra.shape is not None:
                _must_continue(call, shape, extra.shape, place, name)
            size = size + extra.shape[place]
    left = size - times
    if left.bounds[0] < 0:
        left = const(0) if left.bounds[1] <= 0 else left
    others = [one for name in ("prepend", "append") if (one := call.optional(name)) is not None]
    dtype = tensor.dtype if all(one.dtype == tensor.dtype for one in others) else None
    return Tensor((*shape[:place], left, *shape[place + 1 :]), dtype)


def _must_continue(call: Call, shape: Shape, extra: Shape, place: int, name: str) -> None:
    """What is put before or after differs in the one dimension alone."""
    if len(shape) != len(extra) or not all(
        equal(a, b) for at, (a, b) in enumerate(zip(shape, extra, strict=True)) if at != place
    ):
        call.fail(
            "NS403", f"`{call.name}` cannot join {shape_text(extra)} to {shape_text(shape)}", argument=name
        )


def trapezoid(call: Call) -> Tensor:
    """The integral along `dim`, which is dropped; `cumulative_trapezoid` makes it one shorter."""
    tensor = call.tensor("y")
    shape = rank_at_least(call, tensor, 1, "y")
    x = given(call, "x")
    others = [x] if isinstance(x, Tensor) else []
    dtype = to_floating(result_dtype([tensor, *others])) if tensor.dtype is not None else None
    place = axis(call, index(call, "dim", -1), len(shape or (ONE,)))
    if shape is None:
        return Tensor(None, dtype)
    if isinstance(x, Tensor) and x.shape is not None:
        shape = _spaced(call, shape, x.shape, place)
    if shape is None:
        return Tensor(None, dtype)
    kept: tuple[Dim, ...] = (shape[place] - 1,) if call.op.startswith("cumulative") else ()
    return Tensor((*shape[:place], *kept, *shape[place + 1 :]), dtype)


def _spaced(call: Call, shape: Shape, x: Shape, place: int) -> Shape | None:
    """The shape of values at the places `x`: a vector along `place`, or a tensor that broadcasts."""
    if len(x) == 1:
        must_equal(
            call,
            x[0],
            shape[place],
            f"`{call.name}` has {x[0]} places for {shape[place]} values",
            argument="x",
        )
        return shape
    if len(x) != len(shape):
        return None
    gaps = [Tensor((*one[:place], one[place] - 1, *one[place + 1 :])) for one in (shape, x)]
    made = broadcast_inputs(call, *gaps, argument="x")
    return None if made is None else (*made[:place], made[place] + 1, *made[place + 1 :])


def covariance(call: Call) -> Tensor:
    """`cov`, `corrcoef`: variables are rows."""
    tensor = call.tensor("input")
    shape = rank_of(call, tensor, 0, 1, 2)
    if tensor.dtype is not None and category(tensor.dtype) == 0:
        call.fail("NS405", f"`{call.name}` does not take booleans but receives {tensor}")
    weights = [_observed(call, shape, name) for name in ("fweights", "aweights")]
    made = None if shape is None else ((shape[0],) * 2 if len(shape) == 2 and shape[0] != ONE else ())
    found = [tensor, *(one for one in weights if one is not None)]
    return Tensor(made, to_floating(result_dtype(found)))


def _observed(call: Call, shape: Shape | None, name: str) -> Tensor | None:
    """A weight for each observation: whole `fweights`, floating-point `aweights`."""
    found = call.optional(name)
    if found is None:
        return None
    allowed, wanted = ((1,), "an integer dtype") if name == "fweights" else ((2,), "a floating-point dtype")
    need_category(call, found, allowed, wanted, argument=name)
    sizes = rank_of(call, found, 0, 1, argument=name)
    if shape is not None and sizes is not None:
        count = shape[-1] if shape else ONE
        must_equal(
            call,
            product(sizes),
            count,
            f"`{call.name}` has {product(sizes)} weights for {count} observations",
            argument=name,
        )
    return found


def histogram(call: Call) -> Tensor:
    """`histc`: a count for each bin."""
    tensor = call.tensor("input")
    need_floating(call, tensor)
    bins = index(call, "bins", 100)
    if bins < 1:
        call.fail("NS404", f"`{call.name}` has {bins} bins", argument="bins")
    return Tensor((const(bins),), tensor.dtype)


def multinomial(call: Call) -> Tensor:
    """[classes] or [N, classes] -> `num_samples` indices."""
    tensor = call.tensor("input")
    need_category(call, tensor, (2,), "a floating-point dtype")
    shape = rank_of(call, tensor, 1, 2)
    count = index(call, "num_samples")
    if count < 1:
        call.fail("NS404", f"`{call.name}` draws {count} samples", argument="num_samples")
    if shape is not None and not given(call, "replacement", False) and always_exceeds(count, shape[-1]):
        call.fail("NS402", f"`{call.name}` draws {count} of {shape[-1]} categories", argument="num_samples")
    return Tensor(None if shape is None else (*shape[:-1], const(count)), "int64")


def vander(call: Call) -> Tensor:
    """The powers of each number of a vector, in a row."""
    tensor = call.tensor("x")
    shape = rank_of(call, tensor, 1, argument="x")
    columns = index(call, "N") if given(call, "N") is not None else None
    if shape is None:
        return Tensor(None, tensor.dtype)
    kind = "int64" if tensor.dtype is not None and category(tensor.dtype) < 2 else tensor.dtype
    return Tensor((shape[0], shape[0] if columns is None else const(columns)), kind)


def combinations(call: Call) -> Tensor:
    """The ways to take `r` numbers of a vector, in rows: n (n - 1) ... (n - r + 1) / r! of them."""
    tensor, taken = call.tensor("input"), index(call, "r", 2)
    shape = rank_of(call, tensor, 1)
    if taken < 0:
        call.fail("NS408", f"`{call.name}` takes {taken} numbers", argument="r")
    if taken == 0:
        return Tensor((const(0),), tensor.dtype)
    if shape is None:
        return Tensor(None, tensor.dtype)
    # With replacement they are as many as those of n + r - 1 numbers without.
    count = shape[0] + (taken - 1 if flag(call, "with_replacement") else 0)
    if count.bounds[1] < taken:
        return Tensor((const(0), const(taken)), tensor.dtype)
    ways = product(count - at for at in range(taken)) // math.factorial(taken)
    return Tensor((ways, const(taken)), tensor.dtype)


def gradient(call: Call) -> Value:
    """For each dimension of `dim` (all, where it is left out) a tensor like the input."""
    tensor, dims, spacing = call.tensor("input"), indices(call, "dim"), given(call, "spacing")
    order = index(call, "edge_order", 1)
    if order not in (1, 2):
        call.fail("NS205", f"`{call.name}` has edge_order {order}", argument="edge_order", help="use 1 or 2")
    if tensor.dtype == "uint8":
        call.fail("NS405", f"`{call.name}` does not take uint8 but receives {tensor}")
    if tensor.shape is None:
        return UNKNOWN
    places = range(len(tensor.shape)) if dims is None else axes(call, dims, len(tensor.shape))
    for place in places:
        size = tensor.shape[place] if tensor.shape else ONE
        if always_exceeds(order + 1, size):
            message = f"`{call.name}` needs {order + 1} values along dimension {place} but has {size}"
            call.fail("NS404", message, argument="dim")
    steps = items_of(spacing) if isinstance(spacing, tuple | list | ListOf | TupleOf) else None
    if steps is not None:
        _check_spacing(call, tensor.shape, tuple(places), tuple(steps))
    whole = tensor.dtype is not None and category(tensor.dtype) < 2
    dtype = "float32" if whole else tensor.dtype
    return TupleOf((Tensor(tensor.shape, dtype),) * len(tuple(places)))


def _check_spacing(call: Call, shape: Shape, places: tuple[int, ...], steps: tuple[Any, ...]) -> None:
    """A distance, or a vector of places, for each dimension."""
    if len(steps) != len(places):
        call.fail(
            "NS408",
            f"`{call.name}` has {len(steps)} distances for {len(places)} dimensions",
            argument="spacing",
        )
    for step, place in zip(steps, places, strict=True):
        if isinstance(step, Tensor) and step.shape is not None:
            sizes = rank_of(call, step, 1, argument="spacing") or (ONE,)
            message = f"`{call.name}` has {sizes[0]} places for the {shape[place]} of dimension {place}"
            must_equal(call, sizes[0], shape[place], message, argument="spacing")


RULES: dict[str, Rule] = {
    "diff": diff,
    "gradient": gradient,
    "combinations": combinations,
    **dict.fromkeys(("trapezoid", "trapz", "cumulative_trapezoid"), trapezoid),
    **dict.fromkeys(("cov", "corrcoef"), covariance),
    "histc": histogram,
    "multinomial": multinomial,
    "vander": vander,
}
