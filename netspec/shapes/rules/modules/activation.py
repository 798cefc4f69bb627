"""Activations: the shape stays, except for GLU, which halves a dimension.

Which dtypes each computes with is what its CPU kernel covers.
"""

from __future__ import annotations

from functools import partial

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.promotion import to_floating
from netspec.shapes.rules.modules.demands import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    divides,
    match_size,
    ranked,
    typed,
    weighted,
)
from netspec.shapes.rules.modules.settings import Check, at_least, number
from netspec.shapes.values import Tensor

_REAL = FLOATS | INTEGERS
_ANY = _REAL | COMPLEX | {"bool", "uint16"}


def elementwise(call: Call, allowed: frozenset[str]) -> Tensor:
    """The input's shape and dtype."""
    tensor = call.tensor("input")
    typed(call, tensor, allowed)
    return tensor


def floating(call: Call, allowed: frozenset[str]) -> Tensor:
    """The input's shape; integers become float32."""
    tensor = elementwise(call, allowed)
    return Tensor(tensor.shape, to_floating(tensor.dtype))


def rrelu(call: Call) -> Tensor:
    """Slopes are drawn in training mode, for which there is no float16 kernel."""
    return elementwise(call, FLOATS - {"float16"} if call.training else FLOATS)


def softmax(call: Call) -> Tensor:
    """Normalises along `dim`; where that is left out, PyTorch takes 0 for ranks 0, 1, 3, else 1."""
    tensor = elementwise(call, FLOATS)
    if tensor.shape is not None and call.settings["dim"] is not None:
        axis(call, number(call, "dim"), len(tensor.shape))
    return tensor


def softmax2d(call: Call) -> Tensor:
    """Softmax over the channels of [N, C, H, W] or [C, H, W]."""
    tensor, _ = ranked(call, "input", (3, 4), "[N, C, H, W]", "[C, H, W]")
    typed(call, tensor, FLOATS)
    return tensor


def glu(call: Call) -> Tensor:
    """Halves the dimension `dim`, which must be even."""
    tensor, shape = ranked(call, "input", (1,), "a value with dimensions", at_least=True)
    typed(call, tensor, FLOATS)
    if shape is None:
        return tensor
    place = axis(call, number(call, "dim"), len(shape))
    half = divides(call, shape[place], 2, f"a size of dimension {place}", argument="dim")
    return Tensor((*shape[:place], half, *shape[place + 1 :]), tensor.dtype)


def prelu(call: Call) -> Tensor:
    """One slope for all, or one for each channel (dimension 1; a vector counts as one channel)."""
    tensor = call.tensor("input")
    dtype = weighted(call, tensor)
    if tensor.shape is not None:
        channels = tensor.shape[1] if len(tensor.shape) > 1 else ONE
        expected = call.solve("num_parameters", channels)
        if expected != 1:
            match_size(call, channels, expected, "channels", argument="num_parameters", auto=True)
    return Tensor(tensor.shape, dtype)


def check_range(call: Call, low: str, high: str, strict: bool) -> None:
    """NS408 where a lower bound exceeds the upper one, or (`strict`) equals it."""
    least, most = call.settings[low], call.settings[high]
    if least > most or (strict and least == most):
        call.fail(
            "NS408",
            f"`{call.name}` has {low} = {least} and {high} = {most}",
            argument=low,
            help=f"make {low} less than {high}",
        )


def check_celu(call: Call) -> None:
    """CELU divides by alpha."""
    if call.settings["alpha"] == 0:
        call.fail("NS205", f"`{call.name}` has an alpha of 0", argument="alpha", help="give another number")


def check_prelu(call: Call) -> None:
    at_least(call, 1, "num_parameters")


def check_softshrink(call: Call) -> None:
    at_least(call, 0, "lambd")


_FLOATING_ONLY = (
    "CELU ELU GELU Hardshrink Hardsigmoid Hardswish LeakyReLU LogSigmoid Mish SELU Softplus Softshrink"
)

RULES: dict[str, Rule] = {
    **{name: partial(elementwise, allowed=FLOATS) for name in _FLOATING_ONLY.split()},
    **{name: partial(elementwise, allowed=_REAL) for name in ("ReLU", "ReLU6", "Threshold")},
    "Hardtanh": partial(elementwise, allowed=_REAL - {"uint8"}),
    "RReLU": rrelu,
    "SiLU": partial(elementwise, allowed=FLOATS | COMPLEX),
    "Sigmoid": partial(floating, allowed=_ANY),
    "Tanh": partial(floating, allowed=_ANY),
    "Softsign": partial(floating, allowed=_REAL | COMPLEX),
    "Tanhshrink": partial(floating, allowed=_ANY - {"bool"}),
    **dict.fromkeys(("Softmax", "Softmin", "LogSoftmax"), softmax),
    "Softmax2d": softmax2d,
    "GLU": glu,
    "PReLU": prelu,
}
CHECKS: dict[str, Check] = {
    "Hardtanh": partial(check_range, low="min_val", high="max_val", strict=True),
    "RReLU": partial(check_range, low="lower", high="upper", strict=False),
    "CELU": check_celu,
    "Softshrink": check_softshrink,
    "PReLU": check_prelu,
}
