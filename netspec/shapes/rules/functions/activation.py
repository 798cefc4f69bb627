"""Activation functions of `torch.nn.functional`, and the softmax family.

The shape stays, but for `glu`, which halves a dimension. Most need a floating-point dtype (NS405).
"""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import ONE, const
from netspec.shapes.promotion import category
from netspec.shapes.rules.functions.arguments import (
    dtype,
    given,
    index,
    need_floating,
    rank_at_least,
)
from netspec.shapes.rules.functions.unary import (
    floating,
    floating_only,
    floating_or_complex,
    numbers,
    real_numbers,
)
from netspec.shapes.trying import equal
from netspec.shapes.values import Tensor

FLOATING_ONLY = """
    celu elu gelu hardshrink hardsigmoid hardswish leaky_relu logsigmoid mish selu softplus
    softshrink
"""


def hardtanh(call: Call) -> Tensor:
    """Any real dtype but booleans, kept."""
    _ordered(call, "min_val", "max_val")
    return real_numbers(call)


def rrelu(call: Call) -> Tensor:
    _ordered(call, "lower", "upper")
    return floating_only(call)


def _ordered(call: Call, low: str, high: str) -> None:
    least, most = given(call, low), given(call, high)
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        call.fail("NS408", f"`{call.name}` has {low} {least} above {high} {most}", argument=low)


def softsign(call: Call) -> Tensor:
    """x / (1 + |x|), so that integers become float32; a boolean has no absolute value."""
    numbers(call)
    return floating(call)


def gumbel_softmax(call: Call) -> Tensor:
    tensor = floating_only(call)
    _axis(call, tensor)
    return tensor


def softmax(call: Call) -> Tensor:
    """`softmax`, `log_softmax`, `softmin`: the dtype is floating point, or is cast to `dtype` first.

    Left out, `dim` is 0 for 0, 1 and 3 dimensions and 1 otherwise, with a warning of PyTorch's.
    """
    tensor = call.tensor("input")
    result = dtype(call, tensor.dtype)
    if result is not None and category(result) != 2:
        if given(call, "dtype") is None:
            need_floating(call, tensor)
        call.fail("NS405", f"`{call.name}` cannot compute in {result}", argument="dtype")
    _axis(call, tensor)
    return Tensor(tensor.shape, result)


def _axis(call: Call, tensor: Tensor) -> None:
    if tensor.shape is not None and given(call, "dim") is not None:
        axis(call, index(call, "dim"), len(tensor.shape))


def glu(call: Call) -> Tensor:
    """The first half of `dim` times the sigmoid of the second."""
    tensor = call.tensor("input")
    need_floating(call, tensor)
    shape = rank_at_least(call, tensor, 1)
    if shape is None:
        return tensor
    place = axis(call, index(call, "dim", -1), len(shape))
    half = shape[place] // 2
    if not equal(shape[place], half * 2):
        odd = "is odd" if shape[place].value is not None else "may be odd"
        call.fail(
            "NS402",
            f"`{call.name}` halves dimension {place}, whose size {shape[place]} {odd}",
            argument="dim",
            help="give it twice as many channels as it should put out",
            unmet=Unmet(shape[place], const(2), "multiple", f"{shape[place]} is odd"),
        )
    return Tensor((*shape[:place], half, *shape[place + 1 :]), tensor.dtype)


def prelu(call: Call) -> Tensor:
    """`weight` has one value, or one for each channel (dimension 1)."""
    tensor, weight = call.tensor("input"), call.tensor("weight")
    need_floating(call, tensor)
    if weight.dtype is not None and tensor.dtype is not None and weight.dtype != tensor.dtype:
        call.fail(
            "NS405",
            f"`{call.name}` needs one dtype but receives {tensor.dtype} and, for `weight`, {weight.dtype}",
            argument="weight",
        )
    if tensor.shape is None or weight.shape is None:
        return tensor
    if len(weight.shape) > 1:
        call.fail("NS401", f"`{call.name}` needs a `weight` of 0 or 1 dimensions but receives {weight}")
    if weight.shape and weight.shape[0].value != 1:
        _match_channels(call, tensor, weight)
    return tensor


def _match_channels(call: Call, tensor: Tensor, weight: Tensor) -> None:
    assert tensor.shape is not None
    assert weight.shape is not None
    if not tensor.shape:
        call.fail("NS401", f"`{call.name}` has {weight.shape[0]} weights but its value has no channels")
    channels = tensor.shape[1] if len(tensor.shape) > 1 else None
    if channels is None or not equal(channels, weight.shape[0]):
        call.fail(
            "NS402",
            f"`{call.name}` has {weight.shape[0]} weights but receives {channels or 1} channels",
            argument="weight",
            unmet=Unmet(channels or ONE, weight.shape[0]),
        )


RULES: dict[str, Rule] = {
    **dict.fromkeys(FLOATING_ONLY.split(), floating_only),
    **dict.fromkeys(("softmax", "log_softmax", "softmin"), softmax),
    "silu": floating_or_complex,
    **dict.fromkeys(("relu", "relu6", "threshold"), real_numbers),
    "hardtanh": hardtanh,
    "rrelu": rrelu,
    "softsign": softsign,
    "tanhshrink": floating,
    "gumbel_softmax": gumbel_softmax,
    "glu": glu,
    "prelu": prelu,
}
