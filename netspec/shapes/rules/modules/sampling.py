"""Pooling with chosen places: FractionalMaxPool, and MaxUnpool, which puts values back."""

from __future__ import annotations

import math
from functools import partial

from netspec.shapes import formulas
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, dim
from netspec.shapes.rules.modules.demands import (
    FLOATS,
    fits,
    match_shapes,
    spatial,
    times,
    typed,
)
from netspec.shapes.rules.modules.pooling import window, with_indices
from netspec.shapes.rules.modules.settings import Check, at_least, numbers, passed, per_dimension, size_list
from netspec.shapes.trying import sample_sizes
from netspec.shapes.values import Shape, Tensor, Value


def fractional(call: Call, count: int) -> Value:
    """[N, C, *sizes] -> [N, C, *output_size], or sizes times a ratio, rounded down."""
    tensor, shape = spatial(call, "input", count)
    typed(call, tensor, FLOATS)
    found = None if shape is None else _fractions(call, shape, count)
    return with_indices(Tensor(found, tensor.dtype), call.settings["return_indices"])


def _fractions(call: Call, shape: Shape, count: int) -> Shape | None:
    kernel = numbers(call, "kernel_size", count)
    if call.settings["output_size"] is not None:
        sizes, least = [dim(size) for size in per_dimension(call, "output_size", count)], [1] * count
    else:
        ratios = per_dimension(call, "output_ratio", count)
        scaled = [formulas.scaled(s, r) for s, r in zip(shape[-count:], ratios, strict=True)]
        sizes, least = [size for size in scaled if size is not None], [math.ceil(1 / r) for r in ratios]
        if len(sizes) < count:
            return None
    for size, output, width in zip(shape[-count:], sizes, kernel, strict=True):
        if (size - output - width + 1).bounds[1] < 0:
            call.fail(
                "NS404",
                f"`{call.name}` cannot take {times(sizes)} windows of {times(kernel)} "
                f"from {times(shape[-count:])}",
                argument="kernel_size",
                help="make the kernel or the output smaller",
            )
    return fits(call, shape, sizes, least, argument="output_ratio")


def unpool(call: Call, count: int) -> Tensor:
    """Values and their indices [N, C, *sizes] -> [N, C, *sizes before pooling]."""
    tensor, shape = spatial(call, "input", count)
    indices = call.tensor("indices")
    typed(call, tensor, FLOATS)
    typed(call, indices, frozenset(("int64",)), argument="indices")
    match_shapes(call, tensor, indices, ("input", "indices"))
    if shape is None:
        return tensor
    kernel, stride, padding, _ = window(call, count)
    sizes = [
        formulas.unpool(size, kernel[i], stride=stride[i], padding=padding[i])
        for i, size in enumerate(shape[-count:])
    ]
    least = [formulas.least_transposed(kernel[i], stride=stride[i], padding=padding[i]) for i in range(count)]
    if passed(call, "output_size") is not None:
        sizes = _restored(call, count, sizes, stride)
    return Tensor(fits(call, shape, sizes, least, argument="padding"), tensor.dtype)


def _restored(call: Call, count: int, usual: list[Dim], stride: tuple[int, ...]) -> list[Dim]:
    """The sizes that `output_size` asks for: less than one stride from the usual ones."""
    wanted = size_list(call.inputs["output_size"])
    if wanted is None or len(wanted) not in (count, count + 2):
        call.fail(
            "NS408",
            f"`{call.name}` takes {count} sizes for output_size",
            argument="output_size",
            help=f"give a list of {count} sizes",
        )
    for size, middle, step in zip(wanted[-count:], usual, stride, strict=True):
        _near(call, size, middle, step)
    return list(wanted[-count:])


def _near(call: Call, size: Dim, middle: Dim, step: int) -> None:
    for sizes in sample_sizes((size - middle).symbols):
        if abs((size - middle).evaluate(sizes)) >= step:
            call.fail(
                "NS408",
                f"`{call.name}` is asked for a size of {size}, which its settings cannot give",
                argument="output_size",
                help=f"ask for a size from {middle - step + 1} to {middle + step - 1}",
            )


def check_fractional(call: Call, count: int) -> None:
    """One of size and ratio is given; a ratio lies between 0 and 1."""
    at_least(call, 1, "kernel_size", "output_size")
    size, ratio = call.settings["output_size"], call.settings["output_ratio"]
    if (size is None) == (ratio is None):
        call.fail(
            "NS408",
            f"`{call.name}` has {'neither' if size is None else 'both'} of output_size and output_ratio",
            argument=None if size is None else "output_ratio",
            help="give one of the two",
        )
    if size is not None:
        per_dimension(call, "output_size", count, single=False)
    elif not all(0 < each < 1 for each in per_dimension(call, "output_ratio", count, single=False)):
        call.fail(
            "NS205",
            f"`{call.name}` has an output_ratio outside 0 to 1",
            argument="output_ratio",
            help="use a number between 0 and 1",
        )


def check_unpool(call: Call) -> None:
    at_least(call, 1, "kernel_size", "stride")


RULES: dict[str, Rule] = {
    **{f"FractionalMaxPool{n}d": partial(fractional, count=n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": partial(unpool, count=n) for n in (1, 2, 3)},
}
CHECKS: dict[str, Check] = {
    **{f"FractionalMaxPool{n}d": partial(check_fractional, count=n) for n in (2, 3)},
    **{f"MaxUnpool{n}d": check_unpool for n in (1, 2, 3)},
}
