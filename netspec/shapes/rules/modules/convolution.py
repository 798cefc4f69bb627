"""Convolutions and transposed convolutions over 1, 2 or 3 spatial dimensions.

Sizes as PyTorch's Conv2d and ConvTranspose2d state them. Inputs may lack the batch dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NoReturn

from netspec.shapes import formulas
from netspec.shapes.call import AUTO, Call, Rule
from netspec.shapes.dims import Dim, DimLike, dim
from netspec.shapes.rules.modules.demands import fits, match_size, spatial, times, weighted
from netspec.shapes.rules.modules.settings import (
    Check,
    at_least,
    check_divisible,
    divisible,
    numbers,
    passed,
    per_dimension,
    plain,
    size_list,
)
from netspec.shapes.trying import sample_sizes
from netspec.shapes.values import Tensor

Sizes = tuple[DimLike, ...]


def conv(call: Call, count: int) -> Tensor:
    """[N, in_channels, *sizes] -> [N, out_channels, *smaller sizes]."""
    tensor, shape = spatial(call, "input", count)
    dtype = weighted(call, tensor)
    if shape is None:
        return Tensor(None, dtype)
    _channels(call, shape[-count - 1])
    kernel, dilation = per_dimension(call, "kernel_size", count), per_dimension(call, "dilation", count)
    stride, before = numbers(call, "stride", count), shape[: -count - 1]
    widths = _padding(call, kernel, dilation)
    _pad_fits(call, shape[-count:], widths)
    padded = [size + sum(width) for size, width in zip(shape[-count:], widths, strict=True)]
    sizes = [
        formulas.conv(s, k, stride=t, dilation=d)
        for s, k, t, d in zip(padded, kernel, stride, dilation, strict=True)
    ]
    least = [formulas.extent(k, d) - sum(w) for k, d, w in zip(kernel, dilation, widths, strict=True)]
    return Tensor(fits(call, (*before, call.size("out_channels"), *shape[-count:]), sizes, least), dtype)


def _channels(call: Call, channels: Dim) -> None:
    """Solve or check `in_channels`."""
    expected = call.solve("in_channels", channels)
    check_divisible(call, "in_channels", expected, "groups", call.settings["groups"])
    match_size(call, channels, expected, "channels", argument="in_channels", auto=True)


def _padding(call: Call, kernel: Sizes, dilation: Sizes) -> list[tuple[DimLike, DimLike]]:
    """Padding before and after each spatial dimension; `same` puts an odd rest after."""
    match call.settings["padding"]:
        case "valid":
            return [(0, 0)] * len(kernel)
        case "same":
            totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            return [(total // 2, total - total // 2) for total in totals]
        case str() as padding:
            _unknown_padding(call, padding)
    return [(width, width) for width in per_dimension(call, "padding", len(kernel))]


def _unknown_padding(call: Call, padding: str) -> NoReturn:
    call.fail(
        "NS206",
        f"`{call.name}` has no padding called {padding!r}",
        argument="padding",
        help="use `same`, `valid`, or a number",
    )


def _pad_fits(call: Call, sizes: tuple[Dim, ...], widths: list[tuple[DimLike, DimLike]]) -> None:
    """Reflection needs more than the padding to mirror, wrapping around at least as much."""
    mode = call.settings["padding_mode"]
    spare = {"reflect": 1, "circular": 0}.get(mode)
    if spare is None:
        return
    for size, width in zip(sizes, widths, strict=True):
        least = dim(width[1]) + spare
        if (size - least).bounds[1] < 0:
            call.fail(
                "NS408",
                f"`{call.name}` pads {width[1]} by `{mode}` but receives {times(sizes)}",
                argument="padding",
                help=f"`{mode}` padding needs an input of at least {least}",
            )


def transposed(call: Call, count: int) -> Tensor:
    """[N, in_channels, *sizes] -> [N, out_channels, *larger sizes]."""
    tensor, shape = spatial(call, "input", count)
    dtype = weighted(call, tensor)
    if shape is None:
        return Tensor(None, dtype)
    _channels(call, shape[-count - 1])
    given, kernel = passed(call, "output_size"), per_dimension(call, "kernel_size", count)
    windows = _windows(call, count, extra=given is None)
    sizes = [
        formulas.transposed(size, width, **each)
        for size, width, each in zip(shape[-count:], kernel, windows, strict=True)
    ]
    least = [formulas.least_transposed(width, **each) for width, each in zip(kernel, windows, strict=True)]
    if given is not None:
        sizes = _wanted(call, given, len(shape), sizes, per_dimension(call, "stride", count))
    base = (*shape[: -count - 1], call.size("out_channels"), *shape[-count:])
    return Tensor(fits(call, base, sizes, least, argument="padding"), dtype)


def _windows(call: Call, count: int, *, extra: bool) -> list[dict[str, DimLike]]:
    """The settings of each spatial dimension; the output padding gives way to an output size."""
    names = ("stride", "padding", "dilation", "output_padding")[: 4 if extra else 3]
    values = [per_dimension(call, name, count) for name in names]
    return [dict(zip(names, each, strict=True)) for each in zip(*values, strict=True)]


def _wanted(call: Call, given: object, rank: int, least: list[Dim], stride: Sizes) -> list[Dim]:
    """The sizes that `output_size` asks for; each may exceed the least one by up to stride - 1."""
    wanted, count = size_list(given), len(least)
    if wanted is None:
        call.fail(
            "NS410",
            f"`{call.name}` takes a list of sizes for `output_size`",
            argument="output_size",
            help="give one size for each spatial dimension",
        )
    if len(wanted) == rank:
        wanted = wanted[-count:]
    if len(wanted) != count:
        call.fail(
            "NS408",
            f"`{call.name}` takes {count} sizes for output_size but gets {len(wanted)}",
            argument="output_size",
            help=f"give {count} sizes",
        )
    for size, low, step in zip(wanted, least, stride, strict=True):
        _within(call, size, low, plain(call, "stride", step))
    return list(wanted)


def _within(call: Call, size: Dim, low: Dim, step: int) -> None:
    excess = size - low
    for sizes in sample_sizes(excess.symbols):
        if not 0 <= excess.evaluate(sizes) < step:
            call.fail(
                "NS408",
                f"`{call.name}` is asked for a size of {size}, which its settings cannot give",
                argument="output_size",
                help=f"ask for a size from {low} to {low + step - 1}",
            )


def check_conv(call: Call, count: int) -> None:
    """Constructor arguments of a convolution."""
    at_least(call, 1, "out_channels", "in_channels", "kernel_size", "stride", "dilation", "groups")
    per_dimension(call, "kernel_size", count, single=False)
    per_dimension(call, "stride", count)
    per_dimension(call, "dilation", count)
    if call.settings.get("in_channels", AUTO) is not AUTO:
        divisible(call, "in_channels", "groups")
    divisible(call, "out_channels", "groups")
    padding = call.settings["padding"]
    if not isinstance(padding, str):
        at_least(call, 0, "padding")
        per_dimension(call, "padding", count)
    elif padding not in ("same", "valid"):
        _unknown_padding(call, padding)
    if padding == "same" and any(step != 1 for step in per_dimension(call, "stride", count)):
        call.fail(
            "NS408",
            f"`{call.name}` has padding `same`, which needs a stride of 1",
            argument="padding",
            help="give the padding as a number",
        )


def check_transposed(call: Call, count: int) -> None:
    """Constructor arguments of a transposed convolution."""
    check_conv(call, count)
    at_least(call, 0, "output_padding")
    if isinstance(call.settings["padding"], str):
        call.fail(
            "NS204", f"`{call.name}` takes numbers for padding", argument="padding", help="give an integer"
        )
    if call.settings["padding_mode"] != "zeros":
        call.fail(
            "NS206",
            f"`{call.name}` pads with zeros alone",
            argument="padding_mode",
            help="leave padding_mode out",
        )
    extra = per_dimension(call, "output_padding", count)
    bounds = [
        max(pair)
        for pair in zip(
            per_dimension(call, "stride", count), per_dimension(call, "dilation", count), strict=True
        )
    ]
    if any(width >= bound for width, bound in zip(extra, bounds, strict=True)):
        call.fail(
            "NS408",
            f"`{call.name}` has output_padding {times(extra)}, which neither stride nor dilation exceeds",
            argument="output_padding",
            help="make output_padding less than the stride",
        )


def _lazy(rule: Callable[[Call, int], Tensor], call: Call, *, count: int) -> Tensor:
    """A lazy module takes its channels from the first input it sees."""
    return rule(
        Call(call.op, call.name, {**call.settings, "in_channels": AUTO}, call.inputs, call.training), count
    )


_COUNTS = (1, 2, 3)

RULES: dict[str, Rule] = {
    **{f"Conv{n}d": partial(conv, count=n) for n in _COUNTS},
    **{f"ConvTranspose{n}d": partial(transposed, count=n) for n in _COUNTS},
    **{f"LazyConv{n}d": partial(_lazy, conv, count=n) for n in _COUNTS},
    **{f"LazyConvTranspose{n}d": partial(_lazy, transposed, count=n) for n in _COUNTS},
}
CHECKS: dict[str, Check] = {
    **{f"{lazy}Conv{n}d": partial(check_conv, count=n) for n in _COUNTS for lazy in ("", "Lazy")},
    **{
        f"{lazy}ConvTranspose{n}d": partial(check_transposed, count=n)
        for n in _COUNTS
        for lazy in ("", "Lazy")
    },
}
