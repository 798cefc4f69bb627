"""Steps that make the values of a buffer, where they follow a pattern that is known."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from netspec.importer.sketch import Const, Step, Tree

_BASES = (
    10_000.0,
    500_000.0,
    1_000_000.0,
    100_000.0,
    25_000.0,
    50_000.0,
    10_000_000.0,
    8_000_000.0,
    160_000.0,
)


def counting_steps(values: Tensor) -> list[Tree] | None:
    """Steps whose result has exactly these values, or None."""
    return _arange(values) or _frequencies(values) or _window_index(values)


def _arange(values: Tensor) -> list[Tree] | None:
    """`arange(n)`, with dimensions of size 1 before it."""
    n = values.numel()
    if values.dtype not in (torch.int64, torch.int32) or n != values.shape[-1]:
        return None
    if not torch.equal(values.reshape(-1), torch.arange(n, dtype=values.dtype)):
        return None
    dtype = {} if values.dtype == torch.int64 else {"dtype": "int32"}
    steps: list[Tree] = [Step("arange", [Const(n, "length")], dict(dtype))]
    return steps + [Step("unsqueeze", [Const(0, "dim")]) for _ in range(values.dim() - 1)]


def _frequencies(values: Tensor) -> list[Tree] | None:
    """The frequencies of rotary positions, `1 / base ** (arange(0, dim, 2) / dim)`."""
    n = values.numel()
    if values.dtype != torch.float32 or values.dim() != 1 or n < 2 or values[0] != 1:
        return None
    ratio = float(values[1])
    near = math.exp(-math.log(ratio) * n) if 0 < ratio < 1 else 0.0
    for base in (*_BASES, float(round(near))):
        exponents = torch.arange(0, 2 * n, 2, dtype=torch.float32) / (2 * n)
        if base > 1 and torch.equal(1.0 / (base**exponents), values):
            return [
                Step("arange", [0, Const(2 * n, "dim"), 2], {"dtype": "float32"}),
                Step("div", [Const(2 * n, "dim")]),
                Step("pow", [], {}, [Const(base, "base"), "_"]),
                Step("div", [], {}, [Const(1.0, "value"), "_"]),
            ]
    return None


def _window_index(values: Tensor) -> list[Tree] | None:
    """How two places of a window lie to each other, as Swin counts it."""
    if values.dtype != torch.int64 or values.dim() != 2 or values.shape[0] != values.shape[1]:
        return None
    area = values.shape[0]
    for height in range(1, area + 1):
        width, rest = divmod(area, height)
        if rest or (2 * height - 1) * (2 * width - 1) - 1 != int(values.max()):
            continue
        rows = torch.arange(height).repeat_interleave(width)
        columns = torch.arange(width).tile(height)
        apart = (rows[:, None] - rows + height - 1) * (2 * width - 1) + columns[:, None] - columns + width - 1
        if torch.equal(apart, values):
            return _window_steps(height, width)
    return None


def _window_steps(height: int, width: int) -> list[Tree]:
    def apart(name: str, size: int) -> list[Tree]:
        return [
            Step("index", ["[:, None]"], {}, [name], "column"),
            Step("sub", [], {}, ["column", name]),
            Step("add", [Const(size - 1, "window")]),
        ]

    return [
        Step("arange", [Const(height, "window_height")], results="rows"),
        Step("repeat_interleave", [Const(width, "window_width")], results="rows"),
        Step("arange", [Const(width, "window_width")], results="columns"),
        Step("tile", [Const(height, "window_height")], results="columns"),
        *apart("rows", height),
        Step("mul", [Const(2 * width - 1, "span")], results="apart"),
        *apart("columns", width),
        Step("add", [], {}, ["apart", "_"]),
    ]
