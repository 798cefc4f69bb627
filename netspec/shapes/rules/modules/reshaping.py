"""Flatten, Unflatten and the layers that trade channels for space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.shapes import formulas
from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import Dim, DimLike, dim, product
from netspec.shapes.rules.modules.demands import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    divides,
    fits,
    match_size,
    ranked,
    times,
    typed,
)
from netspec.shapes.rules.modules.settings import Check, at_least, integer, number, numbers, per_dimension
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor

_SHUFFLED = FLOATS | INTEGERS | COMPLEX | {"bool"}


def flatten(call: Call) -> Tensor:
    """Joins the dimensions `start_dim` to `end_dim`; a scalar becomes [1]."""
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    rank = len(tensor.shape)
    start = axis(call, number(call, "start_dim"), rank, argument="start_dim")
    end = axis(call, number(call, "end_dim"), rank, argument="end_dim")
    if start > end:
        call.fail(
            "NS408",
            f"`{call.name}` starts at dimension {start}, after its end_dim {end}",
            argument="start_dim",
            help="make start_dim the smaller one",
        )
    joined = product(tensor.shape[start : end + 1])
    return Tensor((*tensor.shape[:start], joined, *tensor.shape[end + 1 :]), tensor.dtype)


def unflatten(call: Call) -> Tensor:
    """Splits the dimension `dim` into `unflattened_size`, of which one size may be -1."""
    tensor, shape = ranked(call, "input", (1,), "a value with dimensions", at_least=True)
    if shape is None:
        return tensor
    place = axis(call, number(call, "dim"), len(shape))
    parts = unflattened(call, shape[place], call.settings["unflattened_size"])
    return Tensor((*shape[:place], *parts, *shape[place + 1 :]), tensor.dtype)


def unflattened(call: Call, size: Dim, parts: Any) -> tuple[Dim, ...]:
    """The sizes that one size is split into; NS407 where they do not multiply to it."""
    wanted = [integer(part) for part in (parts if isinstance(parts, tuple) else (parts,))]
    if -1 not in wanted:
        _equal_product(call, size, wanted)
        return tuple(map(dim, wanted))
    known = product(part for part in wanted if part != -1)
    if wanted.count(-1) > 1:
        call.fail(
            "NS408",
            f"`{call.name}` leaves more than one size to infer",
            argument="unflattened_size",
            help="use -1 once",
        )
    try:
        inferred = size // known
    except (ValueError, ZeroDivisionError):
        return _misfit(call, size, wanted, Unmet(size, known, "multiple"))
    if not equal(inferred * known, size):
        return _misfit(call, size, wanted, Unmet(size, known, "multiple"))
    return tuple(inferred if part == -1 else dim(part) for part in wanted)


def _equal_product(call: Call, size: Dim, wanted: Sequence[DimLike]) -> None:
    if not equal(product(wanted), size):
        _misfit(call, size, wanted, Unmet(size, product(wanted)))


def _misfit(call: Call, size: Dim, wanted: Sequence[DimLike], unmet: Unmet) -> tuple[Dim, ...]:
    call.fail(
        "NS407",
        f"`{call.name}` cannot split a size of {size} into {times(wanted)}",
        argument="unflattened_size",
        help="the sizes must multiply to it; one may be -1",
        unmet=unmet,
    )


def pixel_shuffle(call: Call) -> Tensor:
    """[..., C * r * r, H, W] -> [..., C, H * r, W * r]."""
    tensor, shape = _image(call)
    if shape is None:
        return tensor
    factor = number(call, "upscale_factor")
    channels = divides(call, shape[-3], factor * factor, "a number of channels", argument="upscale_factor")
    return Tensor((*shape[:-3], channels, shape[-2] * factor, shape[-1] * factor), tensor.dtype)


def pixel_unshuffle(call: Call) -> Tensor:
    """[..., C, H * r, W * r] -> [..., C * r * r, H, W]."""
    tensor, shape = _image(call)
    if shape is None:
        return tensor
    factor = number(call, "downscale_factor")
    height, width = (
        divides(call, size, factor, noun, argument="downscale_factor")
        for size, noun in zip(shape[-2:], ("a height", "a width"), strict=True)
    )
    return Tensor((*shape[:-3], shape[-3] * factor * factor, height, width), tensor.dtype)


def _image(call: Call) -> tuple[Tensor, Shape | None]:
    tensor, shape = ranked(call, "input", (3,), "[..., C, H, W]", at_least=True)
    typed(call, tensor, _SHUFFLED)
    return tensor, shape


def channel_shuffle(call: Call) -> Tensor:
    """[N, C, ...] with C a multiple of `groups`."""
    tensor, shape = ranked(call, "input", (3,), "[N, C, ...]", at_least=True)
    typed(call, tensor, _SHUFFLED)
    if shape is not None:
        divides(call, shape[1], number(call, "groups"), "a number of channels", argument="groups")
    return tensor


def unfold(call: Call) -> Tensor:
    """[N, C, H, W] -> [N, C * kernel area, number of windows]; the batch may be absent."""
    tensor, shape = ranked(call, "input", (3, 4), "[N, C, H, W]", "[C, H, W]")
    typed(call, tensor, FLOATS | COMPLEX | {"bool"})
    if shape is None:
        return tensor
    kernel, counts, least = _blocks(call, shape[-2:])
    placed = fits(call, shape, counts, least)
    rows = shape[-3] * product(kernel)
    return Tensor((*shape[:-3], rows, product(placed[-2:])), tensor.dtype)


def fold(call: Call) -> Tensor:
    """[N, C * kernel area, number of windows] -> [N, C, *output_size]; the batch may be absent."""
    tensor, shape = ranked(call, "input", (2, 3), "[N, C * kernel, L]", "[C * kernel, L]")
    typed(call, tensor, FLOATS | COMPLEX | {"bool"})
    if shape is None:
        return tensor
    size = tuple(map(dim, per_dimension(call, "output_size", 2)))
    kernel, counts, least = _blocks(call, size)
    fits(call, size, counts, least)
    area = 1
    for each in kernel:
        area *= each
    channels = divides(call, shape[-2], area, "a number of rows", argument="kernel_size")
    match_size(call, shape[-1], product(counts), "windows", argument=None)
    return Tensor((*shape[:-2], channels, *size), tensor.dtype)


def _blocks(call: Call, sizes: Sequence[Dim]) -> tuple[tuple[int, ...], list[Dim], list[Dim]]:
    """The kernel, how many windows fit along each dimension, and the least sizes for one."""
    kernel, stride = numbers(call, "kernel_size", 2), numbers(call, "stride", 2)
    padding, dilation = numbers(call, "padding", 2), numbers(call, "dilation", 2)
    counts = [
        formulas.conv(size, kernel[i], stride=stride[i], padding=padding[i], dilation=dilation[i])
        for i, size in enumerate(sizes)
    ]
    least = [formulas.least(kernel[i], padding=padding[i], dilation=dilation[i]) for i in range(2)]
    return kernel, counts, least


def check_blocks(call: Call) -> None:
    """Constructor arguments of Fold and Unfold."""
    at_least(call, 1, "kernel_size", "stride", "dilation", "output_size")
    at_least(call, 0, "padding")
    for argument in ("kernel_size", "stride", "padding", "dilation"):
        per_dimension(call, argument, 2)
        value = call.settings[argument]
        if isinstance(value, tuple) and len(value) != 2:
            message = f"`{call.name}` takes 2 numbers for {argument} but gets {len(value)}"
            call.fail("NS205", message, argument=argument)


def check_factor(call: Call) -> None:
    at_least(call, 1, "upscale_factor", "downscale_factor", "groups")


RULES: dict[str, Rule] = {
    "Flatten": flatten,
    "Unflatten": unflatten,
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
    "ChannelShuffle": channel_shuffle,
    "Unfold": unfold,
    "Fold": fold,
}
CHECKS: dict[str, Check] = {
    "PixelShuffle": check_factor,
    "PixelUnshuffle": check_factor,
    "ChannelShuffle": check_factor,
    "Unfold": check_blocks,
    "Fold": check_blocks,
}
