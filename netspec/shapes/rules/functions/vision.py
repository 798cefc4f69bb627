"""Functions of `torchvision.ops` that compute what a module of it computes."""

from __future__ import annotations

from functools import partial

from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import rank_of, same_dtype
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.values import Tensor, Value

_REGIONS = "roi_align:RoIAlign roi_pool:RoIPool ps_roi_align:PSRoIAlign ps_roi_pool:PSRoIPool"
_DROPS = "stochastic_depth:StochasticDepth drop_block2d:DropBlock2d drop_block3d:DropBlock3d"


def regions(call: Call, op: str) -> Value:
    """The module calls the boxes `rois`."""
    inputs = {"rois": call.inputs.get("boxes")}
    return delegate(call, op, inputs=inputs, blame={"rois": "boxes"})


def deform_conv2d(call: Call) -> Value:
    """The weight [out_channels, in_channels // groups, *kernel_size] says what a module would own."""
    tensor, weight, bias = call.tensor("input"), call.tensor("weight"), call.optional("bias")
    dtype = same_dtype(call, *(each for each in (tensor, weight, bias) if each is not None))
    shape = rank_of(call, weight, 4, argument="weight")
    before = rank_of(call, tensor, 4)
    if shape is None or before is None or shape[1].value in (None, 0):
        return Tensor(None, dtype)
    must_equal(
        call,
        before[1] % shape[1],
        0,
        f"`{call.name}` receives {before[1]} channels, but its weight takes a divisor of {shape[1]}",
        argument="weight",
    )
    if bias is not None:
        own = rank_of(call, bias, 1, argument="bias")
        message = f"`{call.name}` makes {shape[0]} channels but has another bias"
        if own is not None:
            must_equal(call, own[0], shape[0], message, argument="bias")
    settings = {
        "in_channels": before[1],
        "out_channels": shape[0],
        "kernel_size": shape[2:],
        "groups": 1,
        "dtype": dtype,
    }
    blame = dict.fromkeys(("in_channels", "out_channels", "kernel_size"), "weight")
    return delegate(call, "DeformConv2d", settings=settings, blame=blame)


RULES: dict[str, Rule] = {
    **{name: partial(regions, op=op) for name, op in (pair.split(":") for pair in _REGIONS.split())},
    **{name: partial(delegate, op=op) for name, op in (pair.split(":") for pair in _DROPS.split())},
    "deform_conv2d": deform_conv2d,
}
