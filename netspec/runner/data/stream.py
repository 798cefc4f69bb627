"""Batches of a set that is read sample by sample, by worker processes if the recipe wants them.

A sample's randomness is a function of (seed, epoch, sample number), and which samples make a batch is
given. So neither the number of workers nor where a run was interrupted changes a byte of a batch, and no
random number of the run itself is drawn.
"""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from netspec.runner.data.batch import Batch, ColumnFact
from netspec.runner.data.dataset import StreamSet
from netspec.runner.data.mix import Mix
from netspec.runner.data.samples import NO_ROOM, Failure, Samples, Values
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError

_BUS_ERROR = -7


@dataclass(frozen=True, slots=True)
class StreamBatches:
    """`samples` reads and transforms; `mix` is done here, to whole batches on the device."""

    name: str
    columns: Mapping[str, ColumnFact]
    use: Use
    samples: Samples
    device: torch.device
    workers: int
    mix: Mix | None

    def __len__(self) -> int:
        return len(self.samples.opened)

    @property
    def files(self) -> tuple[Path, ...]:
        return self.samples.opened.files

    def place(self, column: str, index: int) -> str:
        return self.samples.opened.place(column, index)

    def over(self, batches: Sequence[Tensor], *, seed: int, epoch: int) -> Iterator[Batch]:
        """See `Batches`. RunError where a worker process dies."""
        samples = self.samples.for_epoch(seed, epoch)
        wanted = [indices.tolist() for indices in batches]
        # Closed at once where this ends early: a failure's traceback would keep the workers.
        with closing(
            _with_workers(samples, wanted, self) if self.workers else _here(samples, wanted)
        ) as read:
            for indices, values in zip(batches, read, strict=True):
                if isinstance(values, Failure):
                    raise RunError(values.message)
                there = {name: value.to(self.device, non_blocking=True) for name, value in values.items()}
                yield self.use.batch(there, indices, self.mix)


def prepare_stream(opened: StreamSet, use: Use, device: torch.device, *, workers: int) -> StreamBatches:
    """The columns in use, read by so many processes, or in this one where there are none. RunError where
    the first sample is faulty."""
    samples = Samples(opened, use)
    columns = samples.facts()
    mix = use.mixing({name: opened.columns[name] for name in use.columns})
    return StreamBatches(opened.name, columns, use, samples, device, workers, mix)


def _here(samples: Samples, wanted: Sequence[list[int]]) -> Generator[Values | Failure]:
    """In this process; the run's generator and its threads are as they were afterwards."""
    for indices in wanted:
        threads = torch.get_num_threads()
        # Workers have one thread, and some sums depend on how many there are.
        torch.set_num_threads(1)
        try:
            with torch.random.fork_rng(devices=()):
                values = samples.__getitems__(indices)
        finally:
            torch.set_num_threads(threads)
        yield values


def _with_workers(
    samples: Samples, wanted: Sequence[list[int]], batches: StreamBatches
) -> Generator[Values | Failure]:
    if not wanted:
        return
    loader: DataLoader[Any] = DataLoader(
        samples,
        batch_sampler=wanted,
        num_workers=min(batches.workers, len(wanted)),
        # PyTorch pins no memory for MPS, which shares it with the CPU.
        pin_memory=batches.device.type not in ("cpu", "mps"),
        collate_fn=_as_it_is,
        worker_init_fn=_begin_worker,
        # Without one of its own, the loader draws a number from the run's.
        generator=torch.Generator(),
    )
    iterator = _started(loader)
    workers = tuple(iterator._workers)
    try:
        for _ in wanted:
            yield _next(iterator, workers)
    finally:
        # The iterator ends its workers when nothing refers to it.
        del iterator
        for worker in workers:
            if worker.is_alive():
                worker.kill()


def _next(iterator: Iterator[Values | Failure], workers: Sequence[BaseProcess]) -> Values | Failure:
    try:
        return next(iterator)
    except RuntimeError as error:
        message = _death(workers, error)
    # Outside the `except`, so that the error and all that its traceback refers to are gone.
    raise RunError(message)


def _started(loader: DataLoader[Any]) -> Any:
    """PyTorch's handler of SIGCHLD would raise the death of a worker anywhere in the run's own code; the
    iterator itself finds out too, within five seconds."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGCHLD) if main and hasattr(signal, "SIGCHLD") else None
    iterator = iter(loader)
    if before is not None:
        signal.signal(signal.SIGCHLD, before)
    return iterator


def _death(workers: Sequence[BaseProcess], error: RuntimeError) -> str:
    """What to say where a worker is gone; the worker itself reports everything that it can."""
    dead = [(each.pid, each.exitcode) for each in workers if each.exitcode]
    if not dead:
        return f"the data cannot be read by worker processes: {error}\ntry `workers: 0`"
    number, code = dead[0]
    if code == _BUS_ERROR:
        return NO_ROOM
    how = f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with {code}"
    reason = "; the system does that where memory runs out" if code == -9 else ""
    return (
        f"a worker process that reads the data, number {number}, {how}{reason}. "
        "Try fewer `workers`, or `workers: 0`; `--resume` goes on from the last checkpoint"
    )


def _as_it_is(values: Any) -> Any:
    return values


def _begin_worker(number: int) -> None:
    """Ctrl-C reaches every process of a terminal, a scheduler's SIGTERM every process of a job, and it is
    for the run itself to answer. A worker ends when the run does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # What the run itself has thrown away is not for a copy of it to tidy up: it may be another set's workers.
    gc.freeze()
