"""A recipe's `scheduler` -> a scheduler of torch.optim, and when it takes its steps.

`OneCycleLR` and `CyclicLR` count training steps, all others epochs, as their documentation has it.
What only the run knows is filled in: the steps of `OneCycleLR`, the epochs of `CosineAnnealingLR`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import optim

from netspec.runner.recipe.records import Component
from netspec.runner.refusal import refusals_of

_PER_STEP = ("OneCycleLR", "CyclicLR")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduler, or none, with its rhythm."""

    scheduler: optim.lr_scheduler.LRScheduler | None = None
    per_step: bool = False

    def after_step(self) -> None:
        if self.scheduler is not None and self.per_step:
            self.scheduler.step()

    def after_epoch(self) -> None:
        if self.scheduler is not None and not self.per_step:
            self.scheduler.step()


def make_schedule(
    component: Component | None, optimizer: optim.Optimizer, *, epochs: int, steps_per_epoch: int
) -> Schedule:
    """SpecError where PyTorch refuses the arguments."""
    if component is None:
        return Schedule()
    arguments = _filled(component, epochs, steps_per_epoch)
    with refusals_of(component):
        made = getattr(optim.lr_scheduler, component.name)(optimizer, **arguments)
    return Schedule(made, component.name in _PER_STEP)


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
