"""What no sample may hold: numbers that are none, and classes that there are not. The sample is named."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from netspec.runner.data.dataset import IGNORED, NOT_JUDGED, Column, MemorySet
from netspec.runner.errors import RunError


def check_values(opened: MemorySet, names: Iterable[str]) -> None:
    """RunError, with the first sample at fault and its file, for these columns of a set."""
    for name in names:
        if opened.columns[name].kind == "tokens":
            # Numbered when they were read, and overlapping windows make them many.
            continue
        values = opened.values[name]
        wrong = _wrong(values, opened.columns[name])
        if wrong is not None:
            index = int(wrong.reshape(len(values), -1).any(1).int().argmax())
            raise RunError(
                complaint(opened.place(name, index), name, values[index], opened.columns[name], opened.name)
            )


def check_sample(place: str, name: str, value: Tensor, column: Column, owner: str) -> None:
    """The same for one value of a column."""
    wrong = _wrong(value, column)
    if wrong is not None:
        raise RunError(complaint(place, name, value, column, owner))


def complaint(place: str, name: str, value: Tensor, column: Column, owner: str) -> str:
    """What is wrong with a sample that failed its check, and what to do."""
    if value.is_floating_point():
        number = float(value[~value.isfinite()][0])
        return f"{place} holds {number} in the column `{name}`: mend it, or leave it out"
    low, high = int(value.min()), int(value.max())
    number = low if low < 0 else high
    return (
        f"{place} holds {number} in the column `{name}`, but {owner} has {column.classes} classes, "
        f"0 to {(column.classes or 0) - 1}: mend it, or leave it out"
    )


def _wrong(values: Tensor, column: Column) -> Tensor | None:
    """Where values are wrong; None where all are right."""
    if values.is_floating_point():
        # A sum is not finite if one of its parts is not; it needs no memory. It may overflow, too.
        if bool(values.sum().isfinite()):
            return None
        wrong = ~values.isfinite()
    elif column.classes is None or values.dtype is torch.bool or values.numel() == 0:
        return None
    else:
        low, high = (int(each) for each in values.aminmax())
        if low >= 0 and high < column.classes:
            return None
        wrong = (values < 0) | (values >= column.classes)
        if column.kind == "mask":
            wrong &= (values != IGNORED) & (values != NOT_JUDGED)
    return wrong if bool(wrong.any()) else None
