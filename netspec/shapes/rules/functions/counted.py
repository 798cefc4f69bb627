"""Functions whose result is as long as values decide: `nonzero`, `unique`, `bincount`, `nms`, ...

Arguments are checked and the dtype is known; of the shape nothing is said, and NS409 says so. Two such
results may be of one length (`masked_select` twice with one mask), so that no symbol stands for it.

>>> call = Call("nonzero", "nonzero", inputs={"input": Tensor((), "bool"), "as_tuple": False})
>>> str(nonzero(call)), [warning.code for warning in call.warnings]
('int64 [...]', ['NS409'])
"""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import (
    flag,
    given,
    index,
    need_category,
    need_floating,
    rank_at_least,
    rank_of,
    same_dtype,
)
from netspec.shapes.rules.functions.checking import must_equal, must_match
from netspec.shapes.values import Shape, Tensor, TupleOf, Value, shape_text

__all__ = ["BY_VALUES", "RULES", "SOMETIMES", "unmeasured"]


def unmeasured(call: Call, dtype: str | None) -> Tensor:
    """A tensor of which the dtype alone is known."""
    call.warn(
        "NS409",
        f"how long the result of `{call.name}` is depends on values, so what depends on it is not checked",
        help="nothing is wrong with the step; where you can, use an op whose result has a fixed size",
    )
    return Tensor(None, dtype)


def nonzero(call: Call) -> Value:
    """[count, rank] indices; with `as_tuple` a vector of indices for each dimension."""
    tensor = call.tensor("input")
    made = unmeasured(call, "int64")
    if not flag(call, "as_tuple"):
        return made
    if tensor.shape is None:
        return TupleOf((made,))
    return TupleOf((made,) * max(1, len(tensor.shape)))


def masked_select(call: Call) -> Tensor:
    """A vector of the values where the mask, which broadcasts, is true."""
    tensor, mask = call.tensor("input"), call.tensor("mask")
    need_category(call, mask, (0,), "booleans", argument="mask")
    broadcast_inputs(call, tensor, mask, argument="mask")
    return unmeasured(call, tensor.dtype)


def unique(call: Call) -> Value:
    """The values, then where each came from and how often it comes, as asked for."""
    tensor = call.tensor("input")
    need_category(call, tensor, (0, 1, 2), "a real dtype")
    if given(call, "dim") is not None and tensor.shape is not None:
        axis(call, index(call, "dim"), len(tensor.shape))
    made, counts = unmeasured(call, tensor.dtype), Tensor(None, "int64")
    wanted = [flag(call, name) for name in ("return_inverse", "return_counts")]
    return TupleOf((made, *(counts for asked in wanted if asked))) if any(wanted) else made


def bincount(call: Call) -> Tensor:
    """How often each number comes in a vector; with weights, their sums."""
    tensor, weights = call.tensor("input"), call.optional("weights")
    need_category(call, tensor, (1,), "an integer dtype")
    shape = rank_of(call, tensor, 1)
    if index(call, "minlength", 0) < 0:
        call.fail("NS408", f"`{call.name}` has a negative minlength", argument="minlength")
    if weights is None:
        return unmeasured(call, "int64")
    message = f"`{call.name}` has weights {weights} for {tensor}"
    must_match(call, shape, rank_of(call, weights, 1, argument="weights"), message, argument="weights")
    dtype = weights.dtype if weights.dtype in (None, "float32") else "float64"
    return unmeasured(call, dtype)


def _boxes(call: Call, name: str = "boxes") -> Shape | None:
    boxes = call.tensor(name)
    shape = rank_of(call, boxes, 2, argument=name)
    if shape is not None:
        message = f"`{call.name}` takes boxes [N, 4] but receives {shape_text(shape)}"
        must_equal(call, shape[1], 4, message, argument=name)
    return shape


def suppressed(call: Call) -> Tensor:
    """`nms`, `batched_nms`: the indices of the boxes [N, 4] that are kept, by scores [N]."""
    shape, boxes, scores = _boxes(call), call.tensor("boxes"), call.tensor("scores")
    for tensor, name in ((boxes, "boxes"), (scores, "scores")):
        need_floating(call, tensor, argument=name)
    same_dtype(call, boxes, scores)
    for name in ("scores", "idxs"):
        if name in call.inputs:
            each = rank_of(call, call.tensor(name), 1, argument=name)
            if shape is not None and each is not None:
                message = f"`{call.name}` has {each[0]} {name} for {shape[0]} boxes"
                must_equal(call, each[0], shape[0], message, argument=name)
    return unmeasured(call, "int64")


def large_enough(call: Call) -> Tensor:
    """`remove_small_boxes`: the indices of the boxes that are kept."""
    shape = rank_at_least(call, call.tensor("boxes"), 2, "boxes")
    if shape is not None:
        message = f"`{call.name}` takes boxes [N, 4] but receives {shape_text(shape)}"
        must_equal(call, shape[-1], 4, message, argument="boxes")
    return unmeasured(call, "int64")


RULES: dict[str, Rule] = {
    **dict.fromkeys(("nonzero", "argwhere"), nonzero),
    "masked_select": masked_select,
    **dict.fromkeys(("unique", "unique_consecutive"), unique),
    "bincount": bincount,
    **dict.fromkeys(("nms", "batched_nms"), suppressed),
    "remove_small_boxes": large_enough,
}

BY_VALUES = frozenset(RULES)
"""The ops whose results' sizes no rule can know."""

SOMETIMES = {
    "one_hot": "without num_classes",
    "repeat_interleave": "with a tensor of repeats",
    "tensor_split": "with a tensor of places",
}
"""The ops of which that holds for some arguments, and for which."""
