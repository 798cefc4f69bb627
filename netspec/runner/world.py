"""The processes of a run: one, or those that torchrun started, on one machine or several.

`torchrun --nproc-per-node 2 -m netspec train RECIPE` sets RANK, WORLD_SIZE and LOCAL_RANK for each
process. Every process takes its share of each batch; what is measured is added up; rank 0 alone writes
and speaks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from netspec.runner.errors import RunError

# How many steps pass before the processes ask each other whether one of them was asked to stop.
_STEPS_PER_QUESTION = 10


@dataclass(frozen=True, slots=True)
class World:
    """One of `size` processes. With one, nothing is sent."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def purpose(self, name: str) -> str:
        """What a seed is for, in this process: each draws random numbers of its own."""
        return name if self.is_first else f"{name} of process {self.rank}"

    def share(self, indices: Tensor) -> Tensor:
        """This process's part of a batch. One that is left without takes the first sample, since all have
        to take part in every step; `count` then says 0."""
        if self.size == 1:
            return indices
        mine = indices[self.rank :: self.size]
        return mine if len(mine) else indices[:1]

    def count(self, samples: int) -> int:
        """How many of so many samples are this process's own."""
        return samples if self.size == 1 else len(range(self.rank, samples, self.size))

    def weight(self, samples: int, whole: int) -> float:
        """The factor of a mean loss over this process's part of `samples`, so that the mean of gradients
        over the processes is that of the whole step."""
        return self.size * self.count(samples) / whole

    def add_up(self, values: Mapping[str, Tensor]) -> None:
        """Put the sums over all processes in place of each process's own."""
        if self.size > 1:
            for name in sorted(values):
                dist.all_reduce(values[name])

    def total(self, value: float, device: torch.device) -> float:
        """The sum of a number over all processes."""
        if self.size == 1:
            return value
        wide = torch.float32 if device.type == "mps" else torch.float64
        shared = torch.tensor(value, dtype=wide, device=device)
        dist.all_reduce(shared)
        return float(shared)

    def asked(self, number: int, step: int, device: torch.device) -> int:
        """The signal that asked any of the processes to stop, or 0; they ask each other now and then."""
        if self.size == 1:
            return number
        if step % _STEPS_PER_QUESTION:
            return 0
        shared = torch.tensor(number, device=device)
        dist.all_reduce(shared, dist.ReduceOp.MAX)
        return int(shared)

    def gather(self, thing: Any) -> list[Any]:
        """The same thing of each process, in the order of ranks, for all of them."""
        if self.size == 1:
            return [thing]
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, thing)
        return found

    def from_first(self, thing: Any) -> Any:
        """What the first process has, for all of them."""
        if self.size == 1:
            return thing
        found = [thing]
        dist.broadcast_object_list(found)
        return found[0]

    def wait(self) -> None:
        """Until all processes have come to this point."""
        if self.size > 1:
            dist.barrier()

    @contextmanager
    def first_before_others(self) -> Iterator[None]:
        """The first process goes through before the others begin: it may download or make what they read."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()


def expected_size() -> int:
    """How many processes torchrun says there are."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def is_first() -> bool:
    """Whether this process is the one that speaks."""
    return expected_size() == 1 or os.environ["RANK"] == "0"


def local_device(device: torch.device) -> torch.device:
    """The device of this process: one of several accelerators, by LOCAL_RANK."""
    if expected_size() == 1 or device.type == "cpu" or device.index is not None:
        return device
    index = int(os.environ["LOCAL_RANK"])
    count = torch.accelerator.device_count()
    if index >= count:
        raise RunError(
            f"there are {count} devices of the kind {device.type} for at least {index + 1} processes on this "
            "machine: give torchrun a smaller `--nproc-per-node`"
        )
    return torch.device(device.type, index)


@contextmanager
def joined(device: torch.device) -> Iterator[World]:
    """The processes of this run, connected while it lasts; one alone where torchrun started none."""
    if expected_size() == 1:
        yield World()
        return
    if device.type != "cpu":
        torch.accelerator.set_device_index(device.index or 0)
    store, rank, size = next(rendezvous("env://"))
    backend = dist.get_default_backend_for_device(device)
    dist.init_process_group(backend, store=PrefixStore(_attempt(), store), rank=rank, world_size=size)
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def _attempt() -> str:
    """What tells the addresses that processes leave in torchrun's store from those of processes before a
    restart: the store stays the same (unless TORCH_DISABLE_SHARE_RDZV_TCP_STORE is 1, which several
    machines need, since each counts its own restarts)."""
    alone = os.environ.get("LOCAL_WORLD_SIZE") == os.environ["WORLD_SIZE"]
    return f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}" if alone else "attempt"


def was_restarted() -> bool:
    """Whether torchrun has started the processes anew after one of them failed."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
