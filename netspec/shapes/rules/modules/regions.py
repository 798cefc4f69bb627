"""Pooling of regions of interest, and deformable convolution, of `torchvision.ops`.

Sources: the checks and result sizes of torchvision's operators of these names.
"""

from __future__ import annotations

from typing import Any

from netspec.shapes import formulas
from netspec.shapes.call import Call, Rule, Unmet, describe
from netspec.shapes.dims import ZERO, Dim, dim
from netspec.shapes.rules.modules.demands import FLOATS, divides, fits, match_shape, match_size, ranked, typed
from netspec.shapes.rules.modules.settings import Check, at_least, divisible, numbers, per_dimension
from netspec.shapes.trying import equal
from netspec.shapes.values import DictOf, ListOf, Shape, Tensor, TupleOf, Value


def pooled(call: Call) -> Tensor:
    """[N, C, H, W] and K regions -> [K, C, *output_size]."""
    tensor, shape, count = _regions(call)
    if shape is None or count is None:
        return Tensor(None, tensor.dtype)
    return Tensor((count, shape[1], *_output(call)), tensor.dtype)


def position_sensitive(call: Call) -> Tensor:
    """[N, C * height * width, H, W] and K regions -> [K, C, height, width]."""
    tensor, shape, count = _regions(call)
    if shape is None or count is None:
        return Tensor(None, tensor.dtype)
    height, width = numbers(call, "output_size", 2)
    channels = divides(call, shape[1], height * width, "a number of channels", argument="output_size")
    return Tensor((count, channels, dim(height), dim(width)), tensor.dtype)


def _output(call: Call) -> tuple[Dim, ...]:
    return tuple(map(dim, per_dimension(call, "output_size", 2)))


def _regions(call: Call) -> tuple[Tensor, Shape | None, Dim | None]:
    tensor, shape = ranked(call, "input", (4,), "[N, C, H, W]")
    typed(call, tensor, FLOATS, argument="input")
    return tensor, shape, count_regions(call, "rois", tensor.dtype)


def count_regions(call: Call, argument: str, dtype: str | None) -> Dim | None:
    """How many boxes there are: rows [image, x1, y1, x2, y2] of a tensor, or [x1, y1, x2, y2] of one
    tensor for each image."""
    value = call.inputs.get(argument)
    match value:
        case Tensor():
            return _rows(call, argument, value, 5, dtype)
        case ListOf(items=items) | TupleOf(items=items) if all(isinstance(each, Tensor) for each in items):
            counts = [_rows(call, argument, each, 4, dtype) for each in items if isinstance(each, Tensor)]
            known = [count for count in counts if count is not None]
            return sum(known, ZERO) if len(known) == len(counts) else None
    call.fail(
        "NS410",
        f"`{call.name}` needs a tensor or a list of tensors for `{argument}` but receives {describe(value)}",
        argument=argument,
    )


def _rows(call: Call, argument: str, boxes: Tensor, columns: int, dtype: str | None) -> Dim | None:
    if dtype is not None and boxes.dtype not in (None, dtype):
        call.fail(
            "NS405",
            f"`{call.name}` takes boxes of the input's dtype {dtype} but receives {boxes}",
            argument=argument,
            help=f"convert them first: `{{to: {dtype}}}`",
        )
    if boxes.shape is None:
        return None
    if len(boxes.shape) != 2:
        match_shape(call, argument, boxes, (dim(1), dim(columns)), part="boxes")
    match_size(call, boxes.shape[1], columns, "numbers a box", argument=argument)
    return boxes.shape[0]


def multi_scale(call: Call) -> Value:
    """A dict of [N, C, H, W], boxes of each image, their sizes -> [K, C, *output_size]."""
    maps, wanted = call.inputs.get("x"), call.settings["featmap_names"]
    if not isinstance(maps, DictOf):
        call.fail(
            "NS410",
            f"`{call.name}` needs a dict of feature maps but receives {describe(maps)}",
            argument="x",
            help="give it what a block with `outputs: {name: value}` returns",
        )
    found = [value for name, value in maps.items if name in wanted]
    if not found:
        call.fail(
            "NS408",
            f"`{call.name}` looks for the feature maps {', '.join(wanted)}, but there are "
            f"{', '.join(name for name, _ in maps.items) or 'none'}",
            argument="featmap_names",
            help="name feature maps that it receives",
        )
    first = found[0]
    if not isinstance(first, Tensor) or first.shape is None:
        return Tensor(None, first.dtype if isinstance(first, Tensor) else None)
    _four(call, first.shape)
    count = count_regions(call, "boxes", first.dtype)
    if count is None:
        return Tensor(None, first.dtype)
    return Tensor((count, first.shape[1], *_output(call)), first.dtype)


def _four(call: Call, shape: Shape) -> None:
    if len(shape) != 4:
        call.fail("NS401", f"`{call.name}` takes feature maps [N, C, H, W]", argument="x")


def deformable(call: Call) -> Tensor:
    """[N, in_channels, H, W], offsets [N, 2 G kh kw, h, w], and a mask [N, G kh kw, h, w], where
    [h, w] are the sizes of an ordinary convolution and G divides the channels."""
    tensor, shape = ranked(call, "input", (4,), "[N, C, H, W]")
    offset, moves = ranked(call, "offset", (4,), "[N, 2 * kernel, H, W]")
    mask = call.optional("mask")
    _one_dtype(call, tensor, offset, mask)
    if shape is None:
        return Tensor(None, tensor.dtype)
    match_size(
        call, shape[1], call.solve("in_channels", shape[1]), "channels", argument="in_channels", auto=True
    )
    made = (shape[0], call.size("out_channels"), *_sizes(call, shape))
    if moves is not None:
        kernel = numbers(call, "kernel_size", 2)
        area = kernel[0] * kernel[1]
        groups = _offset_groups(call, moves[1], 2 * area, shape[1])
        wanted = (shape[0], 2 * area * groups, *made[2:])
        match_shape(call, "offset", offset, wanted)
        if mask is not None:
            match_shape(call, "mask", mask, (shape[0], area * groups, *made[2:]))
    return Tensor(made, tensor.dtype)


def _sizes(call: Call, shape: Shape) -> Shape:
    names = ("kernel_size", "stride", "padding", "dilation")
    windows: list[dict[str, Any]] = [
        dict(zip(names, values, strict=True))
        for values in zip(*(numbers(call, name, 2) for name in names), strict=True)
    ]
    kernels = [window.pop("kernel_size") for window in windows]
    sizes = [formulas.conv(s, k, **window) for s, k, window in zip(shape[2:], kernels, windows, strict=True)]
    least = [
        formulas.least(k, padding=window["padding"], dilation=window["dilation"])
        for k, window in zip(kernels, windows, strict=True)
    ]
    return fits(call, shape, sizes, least)[2:]


def _offset_groups(call: Call, moves: Dim, each: int, channels: Dim) -> Dim:
    """Into how many groups the offsets divide the channels."""
    groups = divides(call, moves, each, "channels of offsets", argument="offset")
    if groups == ZERO:
        call.fail(
            "NS402", f"`{call.name}` has no offsets", argument="offset", help=f"give it {each} channels"
        )
    if groups.value is not None and not equal(channels % groups.value, 0):
        call.fail(
            "NS402",
            f"`{call.name}` has {groups} groups of offsets, which do not divide its {channels} channels",
            argument="offset",
            unmet=Unmet(channels, groups, "multiple"),
        )
    return groups


def _one_dtype(call: Call, tensor: Tensor, *others: Tensor | None) -> None:
    """All operands have the dtype of the weights."""
    wanted = call.settings.get("dtype") or "float32"
    for each in (tensor, *others):
        if each is not None and each.dtype not in (None, wanted):
            call.fail(
                "NS405",
                f"`{call.name}` has {wanted} weights but receives {each.dtype}",
                help=f"convert the value first: `{{to: {wanted}}}`",
            )


def check_deformable(call: Call) -> None:
    at_least(call, 1, "kernel_size", "stride", "dilation", "groups")
    at_least(call, 0, "padding")
    for name in ("kernel_size", "stride", "padding", "dilation"):
        per_dimension(call, name, 2, single=False)
    divisible(call, "in_channels", "groups")
    divisible(call, "out_channels", "groups")


def check_output(call: Call) -> None:
    at_least(call, 1, "output_size")
    per_dimension(call, "output_size", 2, single=False)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("RoIAlign", "RoIPool"), pooled),
    **dict.fromkeys(("PSRoIAlign", "PSRoIPool"), position_sensitive),
    "MultiScaleRoIAlign": multi_scale,
    "DeformConv2d": deformable,
}
CHECKS: dict[str, Check] = {
    **dict.fromkeys(RULES, check_output),
    "DeformConv2d": check_deformable,
}
