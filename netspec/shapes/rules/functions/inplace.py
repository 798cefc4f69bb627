"""In-place functions (`add_`, `relu_`): the result must fit the tensor that it is written to."""

from __future__ import annotations

from netspec.shapes.agreement import first_difference, same_shape
from netspec.shapes.call import Call, Rule
from netspec.shapes.promotion import category
from netspec.shapes.values import Tensor, Value, shape_text

RESHAPING = frozenset(("squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims", "t"))
"""These change the tensor's own shape in place."""


def in_place(base: str, rule: Rule) -> Rule:
    """The rule of `base_`, given that of `base`."""

    def written(call: Call) -> Value:
        target, result = call.tensor("input"), rule(call)
        if not isinstance(result, Tensor) or base in RESHAPING:
            return result
        if not same_shape(target.shape, result.shape):
            call.fail(
                "NS403",
                f"`{call.name}` writes {shape_text(result.shape)} into {shape_text(target.shape)}",
                help=f"use `{base}`, which makes a new tensor",
                unmet=first_difference(target.shape or (), result.shape or ()),
            )
        if not castable(result.dtype, target.dtype):
            call.fail(
                "NS405",
                f"`{call.name}` writes {result.dtype} into {target}",
                help=f"use `{base}`, which makes a new tensor",
            )
        return Tensor(target.shape if target.shape is not None else result.shape, target.dtype)

    return written


def castable(source: str | None, target: str | None) -> bool:
    """Whether a result may be stored as another dtype: its category must not be higher."""
    return source is None or target is None or category(source) <= category(target)
