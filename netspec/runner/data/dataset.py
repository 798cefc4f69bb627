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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import torch
from torch import Tensor

Kind: TypeAlias = Literal["image", "mask", "label", "value", "tokens"]
DTYPES: dict[Kind, torch.dtype] = {
    "image": torch.float32,
    "mask": torch.int64,
    "label": torch.int64,
    "value": torch.float32,
    "tokens": torch.int64,
}
IGNORED = 255
"""A pixel of a mask that is not judged, as it is stored."""
NOT_JUDGED = -100
"""The same in a batch: `ignore_index` of `cross_entropy`, where a recipe gives none."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    image    float32 `[C, H, W]` from 0 to 1; stored as it is, or as bytes, of which `white` becomes 1
    mask     a class number for each pixel, int64 `[H, W]`
    label    a class number, int64 `[]`
    value    numbers, float32 of any shape
    tokens   numbers of a vocabulary, int64 of any shape

    `names`: what the classes are called, where that is known.
    """

    kind: Kind
    classes: int | None = None
    white: int = 255
    names: tuple[str, ...] = ()


class OpenedSet(Protocol):
    """What both kinds of sets have. `main` is the column that a single input takes, `target` the set's
    own target; `files` and folders are what it was read from."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Mapping[str, Column]: ...
    @property
    def main(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def files(self) -> tuple[Path, ...]: ...

    def __len__(self) -> int: ...

    def place(self, column: str, index: int) -> str:
        """Where a sample comes from, for messages."""


@dataclass(frozen=True, slots=True)
class MemorySet:
    """A set in memory: `values[column]` holds all samples, `[M, ...]`. `sources` says from which file a
    column comes, `more` which others were read, and `first` which of its rows is the first sample."""

    name: str
    columns: Mapping[str, Column]
    values: Mapping[str, Tensor]
    main: str
    target: str
    sources: Mapping[str, Path] = field(default_factory=dict)
    more: tuple[Path, ...] = ()
    first: int = 0

    def __len__(self) -> int:
        return len(self.values[self.main])

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read, each once."""
        return tuple(dict.fromkeys((*self.sources.values(), *self.more)))

    def place(self, column: str, index: int) -> str:
        """Where a sample comes from, for messages."""
        return f"sample {self.first + index} of {self.sources.get(column, self.name)}"


class StreamSet(OpenedSet, Protocol):
    """A set whose samples are read one by one. It travels to worker processes, so it must be picklable
    and small."""

    def read(self, index: int) -> dict[str, Tensor]:
        """The columns of one sample, as they would be stored in memory (images as bytes or float,
        `[C, H, W]`). RunError, with the file, where it cannot be read."""
