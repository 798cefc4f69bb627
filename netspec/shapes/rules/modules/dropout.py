"""Dropout: shape and dtype stay. In training mode the value must be floating point.

The channel forms (Dropout1d, 2d, 3d) warn where PyTorch calls the value's rank deprecated: they
then drop whole rows, which is seldom meant.
"""

from __future__ import annotations

from functools import partial

from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.modules.demands import FLOATS, ranked, spatial, spatial_layouts, typed
from netspec.shapes.rules.modules.settings import Check, probability
from netspec.shapes.values import Tensor, shape_text


def dropout(call: Call) -> Tensor:
    """Any shape."""
    return _dropped(call, call.tensor("input"))


def dropout1d(call: Call) -> Tensor:
    """[N, C, L] or [C, L]; PyTorch refuses other ranks."""
    tensor, _ = spatial(call, "input", 1)
    return _dropped(call, tensor)


def channels(call: Call, count: int) -> Tensor:
    """[N, C, *sizes]; other ranks work, with a warning (NS503)."""
    tensor = call.tensor("input")
    if tensor.shape is not None:
        rank = len(tensor.shape)
        if _drops(call) and rank < 2:
            ranked(call, "input", (2,), *spatial_layouts(count, unbatched=False), at_least=True)
        if rank != count + 2 and not (count == 3 and rank == 4):
            given = shape_text(tensor.shape)
            call.warn(
                "NS503",
                f"`{call.name}` is a {call.op}, which drops channels, but receives {given}",
                help=_better(rank),
            )
    return _dropped(call, tensor)


def feature_alpha(call: Call) -> Tensor:
    """[N, C, ...]: drops channels whatever comes after them."""
    tensor = call.tensor("input")
    if _drops(call):
        ranked(call, "input", (2,), "[N, C, ...]", at_least=True)
    return _dropped(call, tensor)


def _better(rank: int) -> str:
    silence = "silence this with `# netspec: ignore[NS503] reason`"
    if rank == 3:
        return f"use `Dropout1d`, which drops channels of [N, C, L], or {silence}"
    return f"use `Dropout`, which drops single values, or {silence}"


def _dropped(call: Call, tensor: Tensor) -> Tensor:
    if _drops(call):
        typed(call, tensor, FLOATS)
    return tensor


def _drops(call: Call) -> bool:
    """Whether numbers are drawn: with p = 0 the value stays, with p = 1 it is zeroed."""
    return call.training and call.settings["p"] not in (0, 1)


RULES: dict[str, Rule] = {
    "Dropout": dropout,
    "AlphaDropout": dropout,
    "Dropout1d": dropout1d,
    "Dropout2d": partial(channels, count=2),
    "Dropout3d": partial(channels, count=3),
    "FeatureAlphaDropout": feature_alpha,
}
CHECKS: dict[str, Check] = dict.fromkeys(RULES, probability)
