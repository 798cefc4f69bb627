"""A recipe's `scheduler` and `warmup` -> how the learning rate changes, and when.

`OneCycleLR` and `CyclicLR` count training steps, all others epochs, as their documentation has it.
What only the run knows is filled in: the steps of `OneCycleLR`, the epochs of `CosineAnnealingLR`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from torch import optim

from netspec.runner.recipe.figures import LOSS
from netspec.runner.recipe.records import Component, Mode, Warmup
from netspec.runner.refusal import refusals_of

_PER_STEP = ("OneCycleLR", "CyclicLR")
_AS_IT_IS = nullcontext()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduler, or none, with its rhythm, and a warm-up of so many steps in front of it.

    In the warm-up, step k of n uses the share `start + (1 - start) · k / n` of the scheduler's own rate.
    """

    optimizer: optim.Optimizer
    scheduler: Any = None
    per_step: bool = False
    warmup: int = 0
    start: float = 1.0
    figure: str = LOSS

    def rate(self, step: int) -> AbstractContextManager[None]:
        """The rate of a step, of which so many came before; the scheduler's own again after it: most
        schedulers compute the next rate from the one they find."""
        return self._warming(step) if step < self.warmup else _AS_IT_IS

    @contextmanager
    def _warming(self, step: int) -> Iterator[None]:
        share = self.start + (1 - self.start) * step / self.warmup
        rates = [group["lr"] for group in self.optimizer.param_groups]
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        yield
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate

    def after_step(self) -> None:
        if self.scheduler is not None and self.per_step:
            self.scheduler.step()

    def after_epoch(self, figures: Mapping[str, float]) -> None:
        """`figures` are those of the held-out data which may choose, for `ReduceLROnPlateau`."""
        if self.scheduler is None or self.per_step:
            return
        if isinstance(self.scheduler, optim.lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(figures[self.figure])
        else:
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        return {} if self.scheduler is None else dict(self.scheduler.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state)


def make_schedule(
    component: Component | None,
    optimizer: optim.Optimizer,
    *,
    epochs: int,
    steps_per_epoch: int,
    warmup: Warmup | None = None,
    known: Mapping[str, Mode] | None = None,
    best: str = LOSS,
) -> Schedule:
    """`known` are the figures that the run measures, and `best` the one that chooses its best epoch, which
    `ReduceLROnPlateau` follows where it names no other. SpecError where PyTorch refuses the arguments."""
    made, figure = None, LOSS
    if component is not None:
        arguments = _filled(component, epochs, steps_per_epoch)
        figure = arguments.pop("metric", None) or best
        if component.name == "ReduceLROnPlateau":
            arguments["mode"] = (known or {}).get(figure, "min")
        with refusals_of(component):
            made = getattr(optim.lr_scheduler, component.name)(optimizer, **arguments)
    per_step = component is not None and component.name in _PER_STEP
    steps = _warmup_steps(warmup, steps_per_epoch)
    return Schedule(optimizer, made, per_step, steps, 1.0 if warmup is None else warmup.start, figure)


def _warmup_steps(warmup: Warmup | None, steps_per_epoch: int) -> int:
    if warmup is None:
        return 0
    if warmup.steps is not None:
        return warmup.steps
    assert warmup.epochs is not None
    return round(warmup.epochs * steps_per_epoch)


def _filled(component: Component, epochs: int, steps_per_epoch: int) -> dict[str, Any]:
    arguments = component.stated
    match component.name:
        case "OneCycleLR" if not {"total_steps", "epochs"} & arguments.keys():
            # Two steps are the fewest that the schedule's formula can take.
            arguments["total_steps"] = max(2, epochs * steps_per_epoch)
        case "OneCycleLR" if "epochs" in arguments:
            arguments.setdefault("steps_per_epoch", steps_per_epoch)
        case "CosineAnnealingLR":
            arguments.setdefault("T_max", epochs)
    return arguments
