"""What the loop sees of the data: batches, and what their columns hold.

>>> import torch
>>> fact = ColumnFact((1, 28, 28), torch.float32)
>>> fact.classes is None
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """`inputs`: in the order of the spec's inputs, as the network takes them; `targets`: by column; both
    on the device. `indices`: int64 `[N]`, on the CPU: which samples these are."""

    inputs: tuple[Tensor, ...]
    targets: dict[str, Tensor]
    indices: Tensor


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """One sample of a column, as a batch holds it: its shape without the batch, its dtype, and how many
    classes its numbers tell apart, where they are class numbers, with their `names`, where they have any."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    classes: int | None = None
    names: tuple[str, ...] = ()


class Batches(Protocol):
    """A data set made ready for one use, training or measuring. `len` counts its samples."""

    @property
    def name(self) -> str:
        """As shown: `Digits (train)`."""

    @property
    def columns(self) -> Mapping[str, ColumnFact]:
        """Every column that the recipe uses."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files and folders that were read; none for a set that is made."""

    def __len__(self) -> int: ...

    def place(self, column: str, index: int) -> str:
        """Where a sample comes from, for messages and reports: its file, or its number in a file."""

    def over(self, batches: Sequence[Tensor], *, seed: int, epoch: int) -> Iterator[Batch]:
        """One batch for each tensor of sample numbers (int64, on the CPU), in order.

        In memory, augmentation draws from PyTorch's CPU generator when a batch is asked for, and never
        ahead. Streamed, a sample's randomness is a function of (seed, epoch, sample number).
        RunError, with the sample's file, where one cannot be read or is not like the others.
        """
