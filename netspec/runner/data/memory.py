"""Batches of a set in memory: what does not change is done once, the rest to whole batches.

Transforms before the first `Normalize` are done to all images at once; augmentation and the rest are
done to each batch, in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.runner.data.augment import Transform
from netspec.runner.data.batch import Batch, ColumnFact
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.transforms import make_transform
from netspec.runner.recipe.check import before_normalize
from netspec.runner.recipe.records import Data

_AT_ONCE = 1024
_DTYPES = {
    "image": torch.float32,
    "mask": torch.int64,
    "label": torch.int64,
    "value": torch.float32,
    "tokens": torch.int64,
}


@dataclass(frozen=True, slots=True)
class MemoryBatches:
    """`stored`: the columns in use, on the device; `steps`: what a batch's images go through."""

    name: str
    columns: Mapping[str, ColumnFact]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    stored: Mapping[str, Tensor]
    kinds: Mapping[str, Column]
    steps: tuple[Transform, ...]

    def __len__(self) -> int:
        return len(self.stored[self.inputs[0]])

    def over(self, batches: Sequence[Tensor], *, seed: int, epoch: int) -> Iterator[Batch]:
        """See `Batches`."""
        if not batches:
            return
        # One copy to the device for the epoch instead of one for each step.
        device = self.stored[self.inputs[0]].device
        there = torch.split(torch.cat(tuple(batches)).to(device), [len(each) for each in batches])
        for indices, chosen in zip(batches, there, strict=True):
            values = {name: self._values(name, chosen) for name in self.stored}
            inputs = tuple(values[name] for name in self.inputs)
            yield Batch(inputs, {name: values[name] for name in self.targets}, indices)

    def _values(self, name: str, chosen: Tensor) -> Tensor:
        values = self.stored[name].index_select(0, chosen)
        column = self.kinds[name]
        if column.kind != "image":
            return values
        if not values.is_floating_point():
            values = values.to(torch.float32).div_(column.white)
        for step in self.steps:
            values = step(values)
        return values


def prepare(
    opened: MemorySet,
    data: Data,
    device: torch.device,
    *,
    training: bool,
    inputs: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
) -> MemoryBatches:
    """The columns `inputs` and `targets` (default: the set's own) on the device. `training` adds the
    recipe's augmentation."""
    inputs, targets = inputs or (opened.main,), targets or (opened.target,)
    first = before_normalize(data.transform)
    once = tuple(make_transform(each) for each in data.transform[:first])
    steps = [make_transform(each) for each in data.transform[first:]]
    if training:
        steps = [make_transform(each) for each in data.augment] + steps
    kinds = {name: opened.columns[name] for name in dict.fromkeys((*inputs, *targets))}
    stored = {name: _stored(opened, name, once).to(device) for name in kinds}
    made = MemoryBatches(opened.name, {}, inputs, targets, stored, kinds, tuple(steps))
    facts = {name: _fact(made, name) for name in kinds}
    return MemoryBatches(opened.name, facts, inputs, targets, stored, kinds, tuple(steps))


def _stored(opened: MemorySet, name: str, once: tuple[Transform, ...]) -> Tensor:
    column, values = opened.columns[name], opened.values[name]
    if column.kind != "image":
        return values.to(_DTYPES[column.kind])
    if not once:
        return values
    parts = []
    for part in torch.split(values, _AT_ONCE):
        part = part if part.is_floating_point() else part.to(torch.float32).div_(column.white)
        for transform in once:
            part = transform(part)
        parts.append(part)
    return torch.cat(parts)


def _fact(made: MemoryBatches, name: str) -> ColumnFact:
    """Found from one sample, which goes through all steps; no random number of the run is drawn."""
    with torch.random.fork_rng(devices=()):
        sample = made._values(name, torch.zeros(1, dtype=torch.int64, device=made.stored[name].device))
    return ColumnFact(tuple(sample.shape[1:]), sample.dtype, made.kinds[name].classes)
