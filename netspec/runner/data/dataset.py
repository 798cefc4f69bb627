"""A data set that was opened: named columns with one value for each sample.

>>> import torch
>>> images = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
>>> columns = {"image": Column("image", white=16), "label": Column("label", classes=10)}
>>> two = MemorySet("two", columns, {"image": images, "label": torch.zeros(2).long()}, "image", "label")
>>> len(two), two.place("image", 1)
(2, 'sample 1 of two')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from torch import Tensor

Kind: TypeAlias = Literal["image", "mask", "label", "value", "tokens"]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    image    float32 `[C, H, W]` from 0 to 1; stored as it is, or as bytes, of which `white` becomes 1
    mask     a class number for each pixel, int64 `[H, W]`
    label    a class number, int64 `[]`
    value    numbers, float32 of any shape
    tokens   numbers of a vocabulary, int64 of any shape
    """

    kind: Kind
    classes: int | None = None
    white: int = 255


@dataclass(frozen=True, slots=True)
class MemorySet:
    """A set in memory: `values[column]` holds all samples, `[M, ...]`. `main` is the column that a single
    input takes, `target` the set's own target. `files` says from which file a column comes."""

    name: str
    columns: Mapping[str, Column]
    values: Mapping[str, Tensor]
    main: str
    target: str
    files: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return len(self.values[self.main])

    def place(self, column: str, index: int) -> str:
        """Where a sample comes from, for messages."""
        return f"sample {index} of {(self.files or {}).get(column, self.name)}"
