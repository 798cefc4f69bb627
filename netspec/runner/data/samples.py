"""Reads samples and transforms them: what a worker process does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from netspec.errors import SpecError
from netspec.runner.data.augment import Transform
from netspec.runner.data.batch import ColumnFact
from netspec.runner.data.checks import check_sample
from netspec.runner.data.dataset import StreamSet
from netspec.runner.data.pictures import as_float, judged, planes_of
from netspec.runner.data.transforms import make_sample_transform
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.check import before_normalize
from netspec.runner.seeds import derived

Values: TypeAlias = dict[str, Tensor]
NO_ROOM = (
    "there is no room in shared memory (/dev/shm), through which worker processes hand over what they read: "
    "write `workers: 0`, or give it more room (`docker run --shm-size 8g`)"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a batch cannot be made. An exception would come out of a worker with its traceback."""

    message: str


class Samples(Dataset[Any]):
    """The samples of a set in one epoch, each a function of (seed, epoch, number).

    Made with the set and its use, it can be pickled: what cannot, the transforms, is made where it is used.
    """

    def __init__(self, opened: StreamSet, use: Use, seed: int = 0, epoch: int = 0) -> None:
        self.opened = opened
        self.use = use
        self._seed = seed
        self._epoch = epoch
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._steps: tuple[Transform, ...] | None = None

    def __len__(self) -> int:
        return len(self.opened)

    def for_epoch(self, seed: int, epoch: int) -> Samples:
        """The same samples with another epoch's randomness."""
        made = Samples(self.opened, self.use, seed, epoch)
        made.shapes = self.shapes
        return made

    def facts(self) -> dict[str, ColumnFact]:
        """Found from the first sample, whose shapes all others must have; RunError where there is none."""
        if not len(self):
            raise RunError(f"{self.opened.name} has no samples")
        with torch.random.fork_rng(devices=()):
            first = self.sample(0)
        self.shapes = {name: tuple(value.shape) for name, value in first.items()}
        return {
            name: ColumnFact(tuple(value.shape), value.dtype, column.classes, column.names)
            for (name, value), column in zip(
                first.items(), (self.opened.columns[name] for name in first), strict=True
            )
        }

    def __getitems__(self, indices: Sequence[int]) -> Values | Failure:
        """One batch."""
        try:
            samples = [self.sample(index) for index in indices]
        except RunError as error:
            return Failure(str(error))
        values = {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
        return _shared(values) if get_worker_info() is not None else values

    def sample(self, index: int) -> Values:
        """One sample as the network takes it. RunError, with its file, where it is faulty."""
        # Transforms draw from this generator; seeding it takes a microsecond.
        torch.default_generator.manual_seed(derived(self._seed, f"sample {index}", self._epoch))
        columns = {name: self.opened.columns[name] for name in self.use.columns}
        read = self.opened.read(index)
        values = {name: read[name] for name in columns}
        for name, column in columns.items():
            check_sample(self.opened.place(name, index), name, values[name], column, self.opened.name)
        self._transform(values, index)
        values = {name: judged(value, columns[name]) for name, value in values.items()}
        for name, shape in self.shapes.items():
            if tuple(values[name].shape) != shape:
                raise RunError(
                    f"{self.opened.place(name, index)} has the shape {list(values[name].shape)}, but the "
                    f"first sample has {list(shape)}: give all one size, as with "
                    "`transform: [{Resize: {size: [H, W]}}]`"
                )
        return values

    def _transform(self, values: Values, index: int) -> None:
        pictures = planes_of({name: self.opened.columns[name] for name in values})
        if not pictures:
            return
        if self._steps is None:
            self._steps = self._made([self.opened.columns[name].kind for name in pictures])
        planes = tuple(as_float(values[name], self.opened.columns[name]) for name in pictures)
        try:
            for step in self._steps:
                planes = step(planes)
        except SpecError as error:
            (found,) = error.report.diagnostics
            why = f"{found.message}: {found.notes[0].removeprefix('PyTorch says: ')}"
            raise RunError(f"{self.opened.place(pictures[0], index)}: {why}") from None
        values.update(zip(pictures, planes, strict=True))

    def _made(self, kinds: Sequence[str]) -> tuple[Transform, ...]:
        first = before_normalize(self.use.transform)
        ordered = (*self.use.transform[:first], *self.use.augment, *self.use.transform[first:])
        return tuple(make_sample_transform(each, kinds) for each in ordered)


def _shared(values: Values) -> Values | Failure:
    """Put into shared memory here, where a lack of it can be told; the queue's own thread would lose the
    batch, and the run would wait for it."""
    try:
        return {name: value.share_memory_() for name, value in values.items()}  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        return Failure(f"{NO_ROOM}\nPyTorch says: {error}")
