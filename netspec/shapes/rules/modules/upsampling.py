"""Upsample: spatial sizes are set, or multiplied by a factor and rounded down.

Ranks as `torch.nn.functional.interpolate` takes them; there is always a batch dimension.
"""

from __future__ import annotations

import math
from typing import Any

from netspec.shapes import formulas
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, dim
from netspec.shapes.rules.modules.demands import FLOATS, fits, ranked, typed
from netspec.shapes.rules.modules.settings import Check, at_least, integer
from netspec.shapes.values import Tensor

_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}
_LAYOUTS = {3: "[N, C, L]", 4: "[N, C, H, W]", 5: "[N, C, D, H, W]"}
_SMOOTH = tuple(_RANKS)


def upsample(call: Call) -> Tensor:
    """[N, C, *sizes] -> [N, C, *new sizes]."""
    mode = call.settings.get("mode", "bilinear" if call.op == "UpsamplingBilinear2d" else "nearest")
    ranks = _RANKS.get(mode, (3, 4, 5))
    tensor, shape = ranked(call, "input", ranks, *(_LAYOUTS[rank] for rank in ranks))
    typed(call, tensor, _dtypes(mode, None if shape is None else len(shape)))
    if shape is None:
        return tensor
    count = len(shape) - 2
    size, factor = call.settings["size"], call.settings["scale_factor"]
    if size is None and factor is None:
        check_upsample(call)
    least = [1] * count
    if size is not None:
        found = [dim(value) for value in _each(call, "size", size, count)]
    else:
        factors = _each(call, "scale_factor", factor, count)
        scaled = [_scaled(old, by) for old, by in zip(shape[2:], factors, strict=True)]
        if any(new is None for new in scaled):
            return Tensor(None, tensor.dtype)
        found = [new for new in scaled if new is not None]
        least = [1 if isinstance(by, Dim) or by <= 0 else math.ceil(1 / by) for by in factors]
    argument = "size" if size is not None else "scale_factor"
    return Tensor(fits(call, shape, found, least, argument=argument), tensor.dtype)


def _scaled(size: Dim, factor: Any) -> Dim | None:
    return size * factor if isinstance(factor, Dim) else formulas.scaled(size, float(factor))


def _dtypes(mode: str, rank: int | None) -> frozenset[str]:
    """Images may be bytes: nearest, bilinear and bicubic resampling have a kernel for them."""
    if mode in ("nearest", "nearest-exact") or (mode in ("bilinear", "bicubic") and rank in (None, 4)):
        return FLOATS | {"uint8"}
    return FLOATS


def _each(call: Call, argument: str, value: Any, count: int) -> tuple[Any, ...]:
    """One value for each spatial dimension."""
    if not isinstance(value, tuple):
        return (integer(value),) * count
    if len(value) != count:
        call.fail(
            "NS408",
            f"`{call.name}` has {len(value)} numbers for {argument} but receives {count} spatial dimensions",
            argument=argument,
            help=f"give one number, or a list of {count}",
        )
    return tuple(map(integer, value))


def check_upsample(call: Call) -> None:
    """Exactly one of `size` and `scale_factor`; `align_corners` only for the smooth modes."""
    at_least(call, 1, "size")
    size, factor = call.settings["size"], call.settings["scale_factor"]
    if (size is None) == (factor is None):
        both = "both size and" if size is not None else "neither size nor"
        call.fail(
            "NS408",
            f"`{call.name}` has {both} scale_factor",
            argument=None if size is None else "scale_factor",
            help="give one of the two",
        )
    mode = call.settings.get("mode", "nearest")
    if mode not in _SMOOTH and call.settings.get("align_corners") is not None:
        call.fail(
            "NS408",
            f"`{call.name}` has align_corners, which mode `{mode}` does not use",
            argument="align_corners",
            help=f"leave it out, or use one of {', '.join(_SMOOTH)}",
        )
    if call.settings.get("recompute_scale_factor") and size is not None:
        call.fail(
            "NS408",
            f"`{call.name}` has recompute_scale_factor, which goes with scale_factor only",
            argument="recompute_scale_factor",
            help="leave it out",
        )


_OPS = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
RULES: dict[str, Rule] = dict.fromkeys(_OPS, upsample)
CHECKS: dict[str, Check] = dict.fromkeys(_OPS, check_upsample)
