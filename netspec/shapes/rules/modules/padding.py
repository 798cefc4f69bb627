"""Padding layers. The list of widths starts at the last dimension: (left, right, top, bottom, ...).

Constant padding takes any rank and negative widths (which crop); the other modes need a channel
dimension, and reflection and wrapping draw on values that the input must have.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, dim
from netspec.shapes.rules.modules.demands import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    fits,
    ranked,
    spatial,
    times,
    typed,
)
from netspec.shapes.rules.modules.settings import Check, integer
from netspec.shapes.values import Shape, Tensor

_MIRRORED = FLOATS | INTEGERS | COMPLEX


def constant(call: Call, count: int) -> Tensor:
    """[..., *sizes] -> [..., *larger sizes]."""
    tensor, shape = ranked(call, "input", (count,), f"a value with {count} or more dimensions", at_least=True)
    if shape is None:
        return tensor
    return Tensor(_padded(call, shape, widths(call, count)), tensor.dtype)


def mirrored(call: Call, count: int, spare: int | None) -> Tensor:
    """[N, C, *sizes] -> [N, C, *larger sizes]. `spare`: by how much a size must exceed its padding."""
    tensor, shape = spatial(call, "input", count)
    if spare != 0:
        typed(call, tensor, _MIRRORED)
    if shape is None:
        return tensor
    pairs = widths(call, count)
    if spare is not None:
        _enough(call, shape[-count:], pairs, spare)
    return Tensor(_padded(call, shape, pairs), tensor.dtype)


def widths(call: Call, count: int) -> list[tuple[Any, Any]]:
    """(before, after) of each of the last `count` dimensions, first dimension first."""
    value = integer(call.settings["padding"])
    flat = tuple(map(integer, value)) if isinstance(value, tuple) else (value,) * (2 * count)
    if len(flat) != 2 * count:
        call.fail(
            "NS204",
            f"`{call.name}` takes {2 * count} numbers for padding but gets {len(flat)}",
            argument="padding",
            help=f"give one integer, or a list of {2 * count}, the last dimension's two first",
        )
    return [(flat[i], flat[i + 1]) for i in range(2 * count - 2, -1, -2)]


def _padded(call: Call, shape: Shape, pairs: list[tuple[Any, Any]]) -> Shape:
    count = len(pairs)
    sizes = [size + before + after for size, (before, after) in zip(shape[-count:], pairs, strict=True)]
    least = [1 - dim(before) - after for before, after in pairs]
    return fits(call, shape, sizes, least, argument="padding")


def _enough(call: Call, sizes: tuple[Dim, ...], pairs: list[tuple[Any, Any]], spare: int) -> None:
    for size, pair in zip(sizes, pairs, strict=True):
        for width in pair:
            if (size - width - spare).bounds[1] < 0:
                call.fail(
                    "NS408",
                    f"`{call.name}` pads by {width} but receives {times(sizes)}",
                    argument="padding",
                    help=f"its input must have at least {width + spare} there",
                )


def check_padding(call: Call, count: int) -> None:
    """The number of widths."""
    widths(call, count)


_COUNTS = (1, 2, 3)

RULES: dict[str, Rule] = {
    **{f"{kind}Pad{n}d": partial(constant, count=n) for n in _COUNTS for kind in ("Constant", "Zero")},
    **{f"ReflectionPad{n}d": partial(mirrored, count=n, spare=1) for n in _COUNTS},
    **{f"ReplicationPad{n}d": partial(mirrored, count=n, spare=None) for n in _COUNTS},
    **{f"CircularPad{n}d": partial(mirrored, count=n, spare=0) for n in _COUNTS},
}
CHECKS: dict[str, Check] = {name: partial(check_padding, count=int(name[-2])) for name in RULES}
