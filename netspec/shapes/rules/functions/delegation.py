"""Functions that compute what a module computes: the module's rule answers for them.

`F.pixel_shuffle(x, 2)` has the shape of `nn.PixelShuffle(2)(x)`: the call's arguments serve as the module's
settings. A fault that blames a setting which the function lacks blames the step instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from netspec.shapes.call import Call, Fault, Rule
from netspec.shapes.values import UNKNOWN, Tensor, Value

_OPS = """
    dropout:Dropout dropout1d:Dropout1d dropout2d:Dropout2d dropout3d:Dropout3d
    alpha_dropout:AlphaDropout feature_alpha_dropout:FeatureAlphaDropout
    adaptive_avg_pool1d:AdaptiveAvgPool1d adaptive_avg_pool2d:AdaptiveAvgPool2d
    adaptive_avg_pool3d:AdaptiveAvgPool3d adaptive_max_pool1d:AdaptiveMaxPool1d
    adaptive_max_pool2d:AdaptiveMaxPool2d adaptive_max_pool3d:AdaptiveMaxPool3d
    fractional_max_pool2d:FractionalMaxPool2d fractional_max_pool3d:FractionalMaxPool3d
    max_unpool1d:MaxUnpool1d max_unpool2d:MaxUnpool2d max_unpool3d:MaxUnpool3d
    local_response_norm:LocalResponseNorm
    pixel_shuffle:PixelShuffle pixel_unshuffle:PixelUnshuffle
    channel_shuffle:ChannelShuffle
    fold:Fold unfold:Unfold interpolate:Upsample upsample:Upsample
    cosine_similarity:CosineSimilarity pairwise_distance:PairwiseDistance
"""


def delegate(
    call: Call,
    op: str,
    *,
    settings: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    blame: Mapping[str, str] | None = None,
) -> Value:
    """What the module `op` answers. `settings` and `inputs` are added to the call's own arguments;
    `blame` says which argument of the function stands behind a setting."""
    from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES

    inner = Call(
        op,
        call.name,
        {**call.inputs, **(settings or {})},
        {**call.inputs, **(inputs or {})},
        bool(call.inputs.get("training", call.training)),
        {},
        call.warnings,
    )
    try:
        if op in MODULE_CHECKS:
            MODULE_CHECKS[op](inner)
        return MODULE_RULES[op](inner)
    except Fault as fault:
        if fault.code == "NS303":
            return _inexpressible(call)
        raise _of_function(fault, call, blame or {}) from None


def _inexpressible(call: Call) -> Value:
    """A setting that a layer cannot take, a size that depends on a dimension, is fine in a call."""
    tensor = call.inputs.get("input")
    several = bool(call.inputs.get("return_indices", False))
    return UNKNOWN if several or not isinstance(tensor, Tensor) else Tensor(None, tensor.dtype)


def _of_function(fault: Fault, call: Call, blame: Mapping[str, str]) -> Fault:
    if fault.argument is None or (fault.argument in call.inputs and fault.argument not in blame):
        return fault
    return replace(fault, argument=blame.get(fault.argument), help=None, expected=None)


RULES: dict[str, Rule] = {
    name: partial(delegate, op=op) for name, op in (pair.split(":") for pair in _OPS.split())
}
