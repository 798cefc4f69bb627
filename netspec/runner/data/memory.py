"""Batches of a set in memory: what does not change is done once, the rest to whole batches.

Transforms before the first random one are done to all pictures at once; augmentation and what comes
after it are done to each batch, in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from netspec.runner.data.augment import Planes, Transform
from netspec.runner.data.batch import Batch, ColumnFact
from netspec.runner.data.checks import check_values
from netspec.runner.data.dataset import DTYPES, Column, MemorySet, OpenedSet
from netspec.runner.data.mix import Mix
from netspec.runner.data.pictures import as_float, judged, planes_of
from netspec.runner.data.transforms import make_transform
from netspec.runner.data.use import Use
from netspec.runner.recipe.check import before_normalize

_AT_ONCE = 1024
# Normalised once, images are float32: four bytes for one. Larger sets stay as they are.
_MOST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class MemoryBatches:
    """`stored`: the columns in use, on the device; `pictures`: those that go through the `steps`;
    `unready`: those whose dtype is still another than that of their kind."""

    name: str
    columns: Mapping[str, ColumnFact]
    use: Use
    stored: Mapping[str, Tensor]
    kinds: Mapping[str, Column]
    pictures: tuple[str, ...]
    steps: tuple[Transform, ...]
    unready: tuple[str, ...]
    mix: Mix | None
    opened: OpenedSet

    def __len__(self) -> int:
        return len(self.stored[self.use.inputs[0]])

    @property
    def files(self) -> tuple[Path, ...]:
        return self.opened.files

    def place(self, column: str, index: int) -> str:
        return self.opened.place(column, index)

    def over(self, batches: Sequence[Tensor], *, seed: int, epoch: int) -> Iterator[Batch]:
        """See `Batches`."""
        if not batches:
            return
        # One copy to the device for the epoch instead of one for each step.
        device = self.stored[self.use.inputs[0]].device
        there = torch.split(torch.cat(tuple(batches)).to(device), [len(each) for each in batches])
        for indices, chosen in zip(batches, there, strict=True):
            yield self.use.batch(self.values(chosen), indices, self.mix)

    def values(self, chosen: Tensor) -> dict[str, Tensor]:
        """The columns of some samples, as the network takes them, before mixing."""
        values = {name: stored.index_select(0, chosen) for name, stored in self.stored.items()}
        if self.pictures:
            planes = tuple(as_float(values[name], self.kinds[name]) for name in self.pictures)
            values.update(zip(self.pictures, _through(self.steps, planes), strict=True))
        for name in self.unready:
            values[name] = judged(values[name], self.kinds[name])
        return values


def prepare(opened: MemorySet, use: Use, device: torch.device) -> MemoryBatches:
    """The columns in use on the device. RunError where a sample is faulty."""
    kinds = {name: opened.columns[name] for name in use.columns}
    check_values(opened, kinds)
    once, steps = _parts(opened, use, kinds)
    stored = {name: moved(values, device) for name, values in _stored(opened, kinds, once).items()}
    made = MemoryBatches(
        name=opened.name,
        columns={},
        use=use,
        stored=stored,
        kinds=kinds,
        pictures=_unfinished(kinds, stored, steps),
        steps=steps,
        unready=tuple(name for name, column in kinds.items() if column.kind in ("mask", "tokens")),
        mix=use.mixing(kinds),
        opened=opened,
    )
    return replace(made, columns=_facts(made))


def _unfinished(
    kinds: Mapping[str, Column], stored: Mapping[str, Tensor], steps: tuple[Transform, ...]
) -> tuple[str, ...]:
    """The pictures that each batch still has to do something to."""
    pictures = planes_of(kinds)
    images = (stored[name] for name in pictures if kinds[name].kind == "image")
    return pictures if steps or any(image.dtype is not torch.float32 for image in images) else ()


def moved(values: Tensor, device: torch.device) -> Tensor:
    """The values on a device. Overlapping windows of a text stay views: copied, each would take its own
    memory."""
    if values.device == device or values.untyped_storage().nbytes() >= values.numel() * values.element_size():
        return values.to(device)
    whole = values.as_strided((values.untyped_storage().nbytes() // values.element_size(),), (1,), 0)
    return whole.to(device).as_strided(values.shape, values.stride(), values.storage_offset())


def _parts(
    opened: MemorySet, use: Use, kinds: Mapping[str, Column]
) -> tuple[tuple[Transform, ...], tuple[Transform, ...]]:
    """The transforms that are done once, and those of each batch."""
    planes = [kinds[name].kind for name in planes_of(kinds)]
    if not planes:
        return (), ()
    first = before_normalize(use.transform)
    if not use.augment and 4 * sum(opened.values[name].numel() for name in planes_of(kinds)) <= _MOST_BYTES:
        first = len(use.transform)
    transforms = [make_transform(each, planes) for each in use.transform]
    augment = [make_transform(each, planes) for each in use.augment]
    return tuple(transforms[:first]), (*augment, *transforms[first:])


def _stored(opened: MemorySet, kinds: Mapping[str, Column], once: tuple[Transform, ...]) -> dict[str, Tensor]:
    pictures = planes_of(kinds)
    stored = {name: opened.values[name] for name in kinds}
    for name, column in kinds.items():
        # Pictures and tokens stay bytes where they are: a quarter or an eighth of the memory.
        if column.kind in ("label", "value"):
            stored[name] = stored[name].to(DTYPES[column.kind])
    if not once:
        return stored
    parts = []
    for part in zip(*(torch.split(stored[name], _AT_ONCE) for name in pictures), strict=True):
        planes = tuple(as_float(each, kinds[name]) for each, name in zip(part, pictures, strict=True))
        parts.append(_through(once, planes))
    return stored | {
        name: torch.cat(each) for name, each in zip(pictures, zip(*parts, strict=True), strict=True)
    }


def _through(steps: Sequence[Transform], planes: Planes) -> Planes:
    for step in steps:
        planes = step(planes)
    return planes


def _facts(made: MemoryBatches) -> dict[str, ColumnFact]:
    """Found from one sample, which goes through all steps; no random number of the run is drawn."""
    device = made.stored[made.use.inputs[0]].device
    with torch.random.fork_rng(devices=()):
        sample = made.values(torch.zeros(1, dtype=torch.int64, device=device))
    return {
        name: ColumnFact(
            tuple(value.shape[1:]), value.dtype, made.kinds[name].classes, made.kinds[name].names
        )
        for name, value in sample.items()
    }
