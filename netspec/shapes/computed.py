"""What steps compute for a parameter or buffer must be what is declared of it."""

from __future__ import annotations

from netspec.graph.ir import Own
from netspec.shapes.call import Fault, describe
from netspec.shapes.trying import equal
from netspec.shapes.values import Tensor, Unknown, Value, shape_text

_FLOATING = ("float", "bfloat", "complex")


def computed(node: Own, made: Value) -> Value:
    """The value of a tensor that steps compute; a Fault where it contradicts the declaration."""
    if isinstance(made, Unknown):
        return made
    if not isinstance(made, Tensor):
        raise Fault(
            "NS410",
            f"the steps of `{node.name}` make {describe(made)}, which is no tensor",
            help="let the last step make one tensor",
        )
    _check_dtype(node, made)
    if node.shape is None or made.shape is None:
        return made
    if len(node.shape) != len(made.shape) or not all(map(equal, node.shape, made.shape)):
        raise Fault(
            "NS402",
            f"`{node.name}` is declared as {shape_text(node.shape)}, but its steps make "
            f"{shape_text(made.shape)}",
            help="change the steps, or remove `shape`",
        )
    return made


def _check_dtype(node: Own, made: Tensor) -> None:
    if node.dtype is not None and made.dtype is not None and node.dtype != made.dtype:
        raise Fault(
            "NS405",
            f"`{node.name}` is declared as {node.dtype}, but its steps make {made.dtype}",
            help=f"end the steps with `{{to: {node.dtype}}}`, or declare `dtype: {made.dtype}`",
        )
    if node.kind == "parameter" and made.dtype is not None and not made.dtype.startswith(_FLOATING):
        raise Fault(
            "NS405",
            f"the parameter `{node.name}` has no gradient as {made.dtype}",
            help="end the steps with `{to: float32}`, or make it a buffer",
        )
