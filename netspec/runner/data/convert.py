"""From one kind of set to the other: a folder read into memory, a set in memory handed out one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from netspec.runner.data.dataset import Column, MemorySet, StreamSet
from netspec.runner.data.samples import Samples
from netspec.runner.data.use import Use
from netspec.runner.recipe.check import before_normalize


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A set in memory whose samples are read one by one."""

    opened: MemorySet

    @property
    def name(self) -> str:
        return self.opened.name

    @property
    def columns(self) -> Mapping[str, Column]:
        return self.opened.columns

    @property
    def main(self) -> str:
        return self.opened.main

    @property
    def target(self) -> str:
        return self.opened.target

    @property
    def files(self) -> tuple[Path, ...]:
        return self.opened.files

    def __len__(self) -> int:
        return len(self.opened)

    def place(self, column: str, index: int) -> str:
        return self.opened.place(column, index)

    def read(self, index: int) -> dict[str, Tensor]:
        return {name: values[index] for name, values in self.opened.values.items()}


def one_by_one(opened: MemorySet | StreamSet) -> StreamSet:
    """The set as one whose samples are read one by one."""
    return OneByOne(opened) if isinstance(opened, MemorySet) else opened


def in_memory(opened: MemorySet | StreamSet, use: Use) -> tuple[MemorySet, Use]:
    """The set in memory, and what is still to be done to it. Pictures that are read have passed what comes
    before the first `Normalize` one by one, since they may have had different sizes."""
    if isinstance(opened, MemorySet):
        return opened, use
    first = before_normalize(use.transform)
    samples = Samples(opened, replace(use, transform=use.transform[:first], augment=(), mixes=()))
    samples.facts()
    with torch.random.fork_rng(devices=()):
        read = [samples.sample(index) for index in range(len(opened))]
    values = {name: torch.stack([each[name] for each in read]) for name in use.columns}
    columns = {name: opened.columns[name] for name in use.columns}
    sources = dict.fromkeys(use.columns, opened.files[0]) if opened.files else {}
    made = MemorySet(opened.name, columns, values, opened.main, opened.target, sources)
    return made, replace(use, transform=use.transform[first:])
