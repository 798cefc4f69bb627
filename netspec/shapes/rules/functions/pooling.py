"""Pooling functions: the pooling module's rule answers, also for a window as large as the image.

>>> from netspec.shapes.dims import const, symbol
>>> n, h, w = symbol("N"), symbol("H"), symbol("W")
>>> inputs = {"input": Tensor((n, const(8), h, w)), "kernel_size": (h, w), "stride": None, "padding": 0}
>>> str(pool(Call("avg_pool2d", "pool", inputs={**inputs, "ceil_mode": False}), op="AvgPool2d", count=2))
'float32 [N, 8, 1, 1]'
"""

from __future__ import annotations

from functools import partial
from typing import Any

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, Dim
from netspec.shapes.rules.functions.arguments import given, sizes
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.trying import equal
from netspec.shapes.values import Tensor, Value


def pool(call: Call, *, op: str, count: int) -> Value:
    """The answer of the module `op`, which pools over the last `count` dimensions."""
    tensor, kernel = call.tensor("input"), sizes(call, "kernel_size")
    kernel = kernel * count if len(kernel) == 1 else kernel
    symbolic = [at for at, size in enumerate(kernel) if size.value is None]
    plain = given(call, "stride", ()) == () and given(call, "padding", 0) in (0, (0,) * count)
    if not symbolic or not plain or tensor.shape is None or len(kernel) != count:
        return delegate(call, op)
    if len(tensor.shape) < count:
        return delegate(call, op)
    spatial = tensor.shape[len(tensor.shape) - count :]
    if not all(equal(kernel[at], spatial[at]) for at in symbolic):
        return delegate(call, op)
    # A window over the whole of a dimension leaves 1, as a window of 1 over a single place does.
    single = tuple(ONE if at in symbolic else size for at, size in enumerate(spatial))
    windows = tuple(1 if at in symbolic else _plain(size) for at, size in enumerate(kernel))
    replaced = Tensor((*tensor.shape[: len(tensor.shape) - count], *single), tensor.dtype)
    return delegate(call, op, settings={"kernel_size": windows}, inputs={"input": replaced})


def _plain(size: Dim) -> Any:
    return size if size.value is None else size.value


RULES: dict[str, Rule] = {
    f"{name}_pool{count}d": partial(pool, op=f"{module}Pool{count}d", count=count)
    for name, module in (("max", "Max"), ("avg", "Avg"), ("lp", "LP"))
    for count in (1, 2, 3)
}
