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
    root = math.isqrt(values.numel()) if values.dim() == 1 else 0
    if root > 1 and root**2 == values.numel() and values.dtype == torch.int64:
        steps = _window_index(values.reshape(root, root))
        if steps is not None:
            return [*steps, Step("flatten")]
    for pattern in (_arange, _frequencies, _window_index, _index_with_token, _causal, _shift_mask):
        steps = pattern(values)
        if steps is not None:
            return steps
    return None


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
                Step("full", [[], Const(base, "base")], results="base"),
                Step("arange", [0, Const(2 * n, "dim"), 2], {"dtype": "float32"}),
                Step("div", [Const(2 * n, "dim")]),
                Step("pow", [], {}, ["base", "_"]),
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


def _index_with_token(values: Tensor) -> list[Tree] | None:
    """As `_window_index`, with a token before the places, which stands to them in ways of its own."""
    if values.dtype != torch.int64 or values.dim() != 2 or min(values.shape) < 2:
        return None
    steps = _window_index(values[1:, 1:])
    most, places = int(values.max()), values.shape[0]
    alike = _alike(values[0, 1:], most - 2) and _alike(values[1:, 0], most - 1) and _alike(values[0, 0], most)
    if steps is None or not alike:
        return None
    steps[-1].results = "inner"
    return [
        *steps,
        Step("full", [[places, places], most], {"dtype": "int64"}, results="whole"),
        Step("assign", ["[0, 1:]"], sources=["whole", most - 2]),
        Step("assign", ["[1:, 0]"], sources=["whole", most - 1]),
        Step("assign", ["[1:, 1:]"], sources=["whole", "inner"]),
    ]


def _alike(values: Tensor, value: int) -> bool:
    return bool(torch.all(values == value))


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


def _causal(values: Tensor) -> list[Tree] | None:
    """Which places a place may look at: those before it, perhaps only so many of them."""
    if (
        values.dtype not in (torch.bool, torch.uint8)
        or values.dim() < 2
        or values.numel() != values.shape[-1] ** 2
    ):
        return None
    n = values.shape[-1]
    ones = torch.ones(n, n, dtype=values.dtype)
    seen = int(values.reshape(n, n)[-1].sum())
    if not torch.equal(values.reshape(n, n), ones.tril().triu(1 - seen)):
        return None
    length = Const(n, "length")
    dtype = str(values.dtype).removeprefix("torch.")
    steps: list[Tree] = [Step("ones", [length, Const(n, "length")], {"dtype": dtype}), Step("tril")]
    if seen < n:
        steps.append(Step("triu", [Const(1 - seen, "diagonal")]))
    return steps + [Step("unsqueeze", [Const(0, "dim")]) for _ in range(values.dim() - 2)]


def _shift_mask(values: Tensor) -> list[Tree] | None:
    """Swin's mask of shifted windows: places of different parts of the image must not look at each other."""
    if values.dtype != torch.float32 or values.dim() != 3 or values.shape[1] != values.shape[2]:
        return None
    windows, area = values.shape[0], values.shape[1]
    for rows in (each for each in range(1, windows + 1) if windows % each == 0):
        for height in (each for each in range(1, area + 1) if area % each == 0):
            sizes = (rows, windows // rows, height, area // height)
            for shift in {(sizes[2] // 2, sizes[3] // 2), (0, sizes[3] // 2), (sizes[2] // 2, 0)}:
                if torch.equal(_shifted(*sizes, *shift), values):
                    return _shift_steps(*sizes, *shift)
    return None


def _shifted(rows: int, columns: int, height: int, width: int, down: int, right: int) -> Tensor:
    part_h, part_w = torch.zeros(rows * height), torch.zeros(columns * width)
    for part, size, shift in ((part_h, height, down), (part_w, width, right)):
        if shift:
            part[-size:-shift], part[-shift:] = 1, 2
    parts = (3 * part_h[:, None] + part_w).view(rows, height, columns, width)
    parts = parts.permute(0, 2, 1, 3).reshape(rows * columns, height * width)
    return torch.zeros(1).masked_fill(parts[:, None] != parts[:, :, None], -100.0)


def _shift_steps(rows: int, columns: int, height: int, width: int, down: int, right: int) -> list[Tree]:
    steps: list[Tree] = []
    for name, count, size, shift in (("part_h", rows, height, down), ("part_w", columns, width, right)):
        steps.append(Step("zeros", [Const(count * size, "size")], results=name))
        if shift:
            steps.append(Step("assign", [f"[{-size}:{-shift}]"], sources=[name, 1]))
            steps.append(Step("assign", [f"[{-shift}:]"], sources=[name, 2]))
    return [
        *steps,
        Step("mul", [3], {}, ["part_h"]),
        Step("index", ["[:, None]"]),
        Step("add", [], {}, ["_", "part_w"]),
        Step("view", [rows, height, columns, width]),
        Step("permute", [0, 2, 1, 3]),
        Step("reshape", [rows * columns, height * width], results="parts"),
        Step("unsqueeze", [1], {}, ["parts"], "row"),
        Step("unsqueeze", [2], {}, ["parts"], "column"),
        Step("ne", [], {}, ["row", "column"], "apart"),
        Step("zeros", [rows * columns, height * width, height * width]),
        Step("masked_fill", [-100.0], {}, ["_", "apart"]),
    ]
