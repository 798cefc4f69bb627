"""Images and masks between their stored form and the one that a network takes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from netspec.runner.data.dataset import DTYPES, IGNORED, NOT_JUDGED, Column


def planes_of(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The columns that transforms act on, in order."""
    return tuple(name for name, column in columns.items() if column.kind in ("image", "mask"))


def as_float(stored: Tensor, column: Column) -> Tensor:
    """An image of bytes as float32 from 0 to 1; anything else as it is."""
    if column.kind != "image":
        return stored
    if stored.is_floating_point():
        return stored.to(torch.float32)
    return stored.to(torch.float32).div_(column.white)


def judged(values: Tensor, column: Column) -> Tensor:
    """Values in the dtype of their kind; pixels of a mask that are not judged get the number for that."""
    values = values.to(DTYPES[column.kind])
    if column.kind == "mask" and (column.classes or 0) <= IGNORED:
        values = values.masked_fill(values == IGNORED, NOT_JUDGED)
    return values
