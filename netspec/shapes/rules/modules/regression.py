"""Losses that compare two values item by item.

Most broadcast their operands (PyTorch then warns); the cross entropies of probabilities do not.
"""

from __future__ import annotations

from functools import partial

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.promotion import real_of, result_dtype, to_floating
from netspec.shapes.rules.modules.demands import COMPLEX, FLOATS, INTEGERS, match_shapes, typed
from netspec.shapes.rules.modules.reduction import reduced
from netspec.shapes.rules.modules.settings import Check, above, at_least
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text


def compared(
    call: Call, *, first: str = "input", promoted: bool = True, allowed: frozenset[str] = FLOATS
) -> Tensor:
    """Input and target broadcast. The result's dtype is promoted from both, or that of the input;
    integers, where they are allowed, become float32."""
    given, target = call.tensor(first), call.tensor("target")
    found = result_dtype([given, target]) if promoted else given.dtype
    typed(call, Tensor(given.shape, found), allowed, argument=first)
    shape = broadcast_inputs(call, given, target, argument="target")
    return reduced(call, shape, to_floating(found))


def exact(call: Call, *, promoted: bool = True, allowed: frozenset[str] = FLOATS) -> Tensor:
    """As `compared`, but integers give integers, which have a sum and no mean."""
    given, target = call.tensor("input"), call.tensor("target")
    reduction = call.settings["reduction"]
    found = result_dtype([given, target]) if promoted else given.dtype
    typed(call, Tensor(given.shape, found), allowed | (frozenset() if reduction == "mean" else INTEGERS))
    shape = broadcast_inputs(call, given, target, argument="target")
    if reduction == "sum" and found in INTEGERS:
        found = "int64"
    return reduced(call, shape, real_of(found))


def cross_entropy(call: Call) -> Tensor:
    """Probabilities and targets of one shape and dtype."""
    given, target = call.tensor("input"), call.tensor("target")
    typed(call, given, FLOATS, argument="input")
    match_shapes(call, given, target, ("input", "target"))
    if given.dtype is not None and target.dtype is not None and given.dtype != target.dtype:
        call.fail(
            "NS405",
            f"`{call.name}` compares {given.dtype} with targets of {target.dtype}",
            argument="target",
            help=f"convert the target first: `{{to: {given.dtype}}}`",
        )
    return reduced(call, given.shape, given.dtype)


def cross_entropy_with_logits(call: Call) -> Tensor:
    """Logits and floating-point targets of one shape; of which dtype, where the two differ, is not said."""
    given, target = call.tensor("input"), call.tensor("target")
    for name, tensor in (("input", given), ("target", target)):
        typed(call, tensor, FLOATS, argument=name)
    match_shapes(call, given, target, ("input", "target"))
    return reduced(call, given.shape, given.dtype if given.dtype == target.dtype else None)


def gaussian(call: Call) -> Tensor:
    """`var` has the input's shape, or lacks its last size, or has 1 in place of one size."""
    given, target, var = (call.tensor(name) for name in ("input", "target", "var"))
    if given.shape is not None and var.shape is not None:
        _check_variance(call, given.shape, var.shape)
    shape = broadcast_inputs(call, given, target, argument="target")
    return reduced(call, shape, result_dtype([given, target, var]))


def _check_variance(call: Call, given: Shape, var: Shape) -> None:
    if len(var) == len(given):
        others = [size for size, own in zip(var, given, strict=True) if not equal(size, own)]
        fitting = len(others) == 0 or (len(others) == 1 and others[0] == ONE)
    else:
        fitting = len(var) == len(given) - 1 and all(map(equal, var, given[:-1]))
    if not fitting:
        call.fail(
            "NS403",
            f"`{call.name}` takes a var that fits {shape_text(given)} but receives {shape_text(var)}",
            argument="var",
            help=f"give it the shape {shape_text(given)}",
        )


def ranking(call: Call) -> Tensor:
    """Two inputs and a target of one rank; they broadcast."""
    tensors = [call.tensor(name) for name in ("input1", "input2", "target")]
    shapes = [each.shape for each in tensors]
    if len({len(shape) for shape in shapes if shape is not None}) > 1:
        call.fail(
            "NS401",
            f"`{call.name}` takes tensors of one rank but receives {', '.join(map(shape_text, shapes))}",
            help="give all three the same number of dimensions",
        )
    return reduced(call, broadcast_inputs(call, *tensors), result_dtype(tensors))


def check_beta(call: Call) -> None:
    at_least(call, 0, "beta")


def check_delta(call: Call) -> None:
    above(call, 0, "delta")


RULES: dict[str, Rule] = {
    "L1Loss": partial(exact, allowed=FLOATS | COMPLEX),
    **dict.fromkeys(("MSELoss", "SmoothL1Loss", "KLDivLoss"), compared),
    "PoissonNLLLoss": partial(compared, first="log_input", allowed=FLOATS | INTEGERS | COMPLEX),
    "HuberLoss": partial(compared, promoted=False),
    "HingeEmbeddingLoss": partial(exact, promoted=False),
    "SoftMarginLoss": partial(compared, promoted=False, allowed=FLOATS | COMPLEX),
    "BCELoss": cross_entropy,
    "BCEWithLogitsLoss": cross_entropy_with_logits,
    "GaussianNLLLoss": gaussian,
    "MarginRankingLoss": ranking,
}
CHECKS: dict[str, Check] = {"SmoothL1Loss": check_beta, "HuberLoss": check_delta}
