"""Pooling over 1, 2 or 3 spatial dimensions: windowed, power-average, adaptive.

Sizes as PyTorch's MaxPool2d and AvgPool2d state them; the dtypes are those with a CPU kernel.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from netspec.shapes import formulas
from netspec.shapes.call import Call, Rule
from netspec.shapes.promotion import to_floating
from netspec.shapes.rules.functions.arguments import as_size
from netspec.shapes.rules.modules.demands import FLOATS, INTEGERS, fits, spatial, typed
from netspec.shapes.rules.modules.settings import Check, at_least, numbers, per_dimension
from netspec.shapes.values import Shape, Tensor, TupleOf, Value


def max_pool(call: Call, count: int) -> Value:
    """[N, C, *sizes] -> [N, C, *smaller sizes], with `return_indices` a pair with the indices."""
    tensor, shape = spatial(call, "input", count)
    pairs = call.settings["return_indices"]
    typed(call, tensor, FLOATS if count == 1 and not pairs else FLOATS | INTEGERS)
    return with_indices(Tensor(windows(call, shape, count), tensor.dtype), pairs)


def avg_pool(call: Call, count: int) -> Tensor:
    """[N, C, *sizes] -> [N, C, *smaller sizes]."""
    tensor, shape = spatial(call, "input", count)
    typed(call, tensor, _averaged(count) | {"int64"})
    _covers(call, shape, count)
    return Tensor(windows(call, shape, count), tensor.dtype)


def lp_pool(call: Call, count: int) -> Tensor:
    """As `avg_pool`; powers make integers float32."""
    tensor, shape = spatial(call, "input", count)
    typed(call, tensor, _averaged(count) | INTEGERS | {"bool", "uint16"})
    _covers(call, shape, count)
    return Tensor(windows(call, shape, count), to_floating(tensor.dtype))


def _covers(call: Call, shape: Shape | None, count: int) -> None:
    """Averages over volumes want an input as large as the kernel, whatever the padding."""
    if shape is not None and count == 3:
        kernel = numbers(call, "kernel_size", count)
        room = [size - width + 1 for size, width in zip(shape[-3:], kernel, strict=True)]
        fits(call, shape, room, kernel)


def _averaged(count: int) -> frozenset[str]:
    """Averages over volumes have no kernel for half precision."""
    return FLOATS - {"float16", "bfloat16"} if count == 3 else FLOATS


def windows(call: Call, shape: Shape | None, count: int) -> Shape | None:
    """The shape after a window has moved over the last `count` dimensions; NS404 where none fits."""
    if shape is None:
        return None
    kernel, stride, padding, dilation = window(call, count)
    ceil_mode = call.settings["ceil_mode"]
    sizes = [
        formulas.pool(
            size, kernel[i], stride=stride[i], padding=padding[i], dilation=dilation[i], ceil_mode=ceil_mode
        )
        for i, size in enumerate(shape[-count:])
    ]
    least = [
        formulas.least(k, padding=p, dilation=d) for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    return fits(call, shape, sizes, least)


def window(call: Call, count: int) -> tuple[tuple[int, ...], ...]:
    """Kernel, stride, padding and dilation; the stride is the kernel's size where it is left out."""
    kernel = numbers(call, "kernel_size", count)
    stride = kernel if call.settings["stride"] in (None, ()) else numbers(call, "stride", count)
    padding = numbers(call, "padding", count) if "padding" in call.settings else (0,) * count
    dilation = numbers(call, "dilation", count) if "dilation" in call.settings else (1,) * count
    return kernel, stride, padding, dilation


def adaptive_max(call: Call, count: int) -> Value:
    """[N, C, *sizes] -> [N, C, *output_size], with `return_indices` a pair with the indices."""
    tensor, shape = spatial(call, "input", count)
    typed(call, tensor, FLOATS)
    return with_indices(Tensor(_adapted(call, shape, count), tensor.dtype), call.settings["return_indices"])


def adaptive_avg(call: Call, count: int) -> Tensor:
    """[N, C, *sizes] -> [N, C, *output_size]."""
    tensor, shape = spatial(call, "input", count)
    typed(call, tensor, FLOATS)
    return Tensor(_adapted(call, shape, count), tensor.dtype)


def _adapted(call: Call, shape: Shape | None, count: int) -> Shape | None:
    """`output_size` in place of the spatial sizes; None in it keeps one."""
    wanted: tuple[Any, ...] = per_dimension(call, "output_size", count)
    if shape is None:
        return None
    pairs = zip(shape[-count:], wanted, strict=True)
    sizes = [old if new is None else as_size(call, "output_size", new) for old, new in pairs]
    return (*shape[:-count], *sizes)


def with_indices(value: Tensor, pairs: bool) -> Value:
    """The value, or with `return_indices` the pair of it and its int64 indices."""
    return TupleOf((value, Tensor(value.shape, "int64"))) if pairs else value


def check_pool(call: Call, count: int) -> None:
    """A window's settings: positive, and padded by no more than half of it."""
    at_least(call, 1, "kernel_size", "stride", "dilation")
    if call.settings.get("divisor_override") == 0:
        call.fail(
            "NS205", f"`{call.name}` divides by 0", argument="divisor_override", help="use another number"
        )
    at_least(call, 0, "padding")
    kernel, _, padding, _ = window(call, count)
    if "norm_type" in call.settings:
        _check_power(call, count)
    for k, p in zip(kernel, padding, strict=True):
        if 2 * p > k:
            call.fail(
                "NS408",
                f"`{call.name}` pads by {p}, more than half of its kernel of {k}",
                argument="padding",
                help=f"pad by {k // 2} at most",
            )


def _check_power(call: Call, count: int) -> None:
    per_dimension(call, "kernel_size", count, single=False)
    if count == 1 and isinstance(call.settings["kernel_size"], tuple):
        call.fail(
            "NS204",
            f"`{call.name}` takes one integer for kernel_size",
            argument="kernel_size",
            help="give it without the list",
        )
    if call.settings["norm_type"] == 0:
        call.fail(
            "NS205",
            f"`{call.name}` has a norm_type of 0",
            argument="norm_type",
            help="give another power, 2 for the Euclidean norm",
        )


def check_adaptive(call: Call, count: int) -> None:
    """The output size has one number a dimension; only some accept None."""
    at_least(call, 1, "output_size")
    wanted: tuple[Any, ...] = per_dimension(call, "output_size", count, single=count == 1)
    if call.settings["output_size"] is None or (count == 1 and None in wanted):
        call.fail(
            "NS204",
            f"`{call.name}` needs a number for output_size",
            argument="output_size",
            help="give the size of the output",
        )


_COUNTS = (1, 2, 3)

RULES: dict[str, Rule] = {
    **{f"MaxPool{n}d": partial(max_pool, count=n) for n in _COUNTS},
    **{f"AvgPool{n}d": partial(avg_pool, count=n) for n in _COUNTS},
    **{f"LPPool{n}d": partial(lp_pool, count=n) for n in _COUNTS},
    **{f"AdaptiveAvgPool{n}d": partial(adaptive_avg, count=n) for n in _COUNTS},
    **{f"AdaptiveMaxPool{n}d": partial(adaptive_max, count=n) for n in _COUNTS},
}
CHECKS: dict[str, Check] = {
    **{f"{kind}Pool{n}d": partial(check_pool, count=n) for n in _COUNTS for kind in ("Max", "Avg", "LP")},
    **{
        f"Adaptive{kind}Pool{n}d": partial(check_adaptive, count=n)
        for n in _COUNTS
        for kind in ("Avg", "Max")
    },
}
