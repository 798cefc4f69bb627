"""Everything that the training loop works with, in one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn, optim

from netspec.runner.data.batch import Batches
from netspec.runner.losswatch import LossWatch
from netspec.runner.moving_average import MovingAverage
from netspec.runner.objective import Objective
from netspec.runner.precision import Precision
from netspec.runner.progress import Progress
from netspec.runner.records import Epoch
from netspec.runner.schedulers import Schedule
from netspec.runner.signals import Interrupt
from netspec.runner.world import World


class Interrupted(Exception):
    """Someone asked to stop, by this signal; the step was finished."""

    def __init__(self, where: str, number: int) -> None:
        super().__init__(where)
        self.number = number


@dataclass(slots=True)
class Position:
    """Where a run stands: in which epoch, after how many of its samples, after how many steps in all."""

    epoch: int = 1
    samples: int = 0
    step: int = 0

    def advance(self, samples: int) -> None:
        self.samples += samples
        self.step += 1

    def next_epoch(self) -> None:
        self.epoch, self.samples = self.epoch + 1, 0


class Keeper(Protocol):
    """What becomes of the run's results."""

    def after_step(self) -> None:
        """A step is done."""

    def after_epoch(self, epoch: Epoch) -> None:
        """An epoch is done and measured."""

    def enough(self) -> bool:
        """Whether training may end before its last epoch."""


class Measuring(Protocol):
    """What measuring needs of a job."""

    @property
    def measured(self) -> nn.Module: ...
    @property
    def objective(self) -> Objective: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def precision(self) -> Precision: ...
    @property
    def world(self) -> World: ...


@dataclass(frozen=True, slots=True)
class Job:
    """`module` holds the weights; `network` is what is called in training: the module itself, or what
    compiling or distribution made of it. `freeze` puts frozen layers into eval mode. `clip`, where there
    is one, clips the gradients and gives their norm before."""

    world: World
    module: nn.Module
    network: Callable[..., Any]
    train: Batches
    test: Batches
    validation: Batches | None
    objective: Objective
    optimizer: optim.Optimizer
    schedule: Schedule
    precision: Precision
    scaler: torch.amp.GradScaler
    clip: Callable[[], None] | None
    average: MovingAverage | None
    frozen: tuple[nn.Module, ...]
    epochs: int
    batch_size: int
    accumulate: int
    seed: int
    position: Position
    watch: LossWatch
    progress: Progress
    interrupt: Interrupt
    keeper: Keeper

    @property
    def measured(self) -> nn.Module:
        """The weights that are measured and kept: the moving average, where there is one."""
        return self.module if self.average is None else self.average.module

    def to_training(self) -> None:
        """Training mode, but for what is frozen: a frozen batch norm keeps its statistics."""
        self.module.train()
        for module in self.frozen:
            module.eval()
