"""All that a run needs to go on as if it had never stopped <-> plain values and tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.runner.errors import RunError
from netspec.runner.job import Job
from netspec.runner.parallel import load_module, load_optimizer, whole
from netspec.runner.random_state import random_state, restore_random_state, seed_all
from netspec.runner.records import Epoch
from netspec.runner.seeds import derived

_FORMAT = 1


def capture(job: Job, epochs: Sequence[Epoch]) -> dict[str, Any]:
    """The state between two steps. RunError, and nothing is saved, where the weights are not finite."""
    job.watch.look()
    module = whole(job.module.state_dict())
    for name, weight in module.items():
        if not bool(weight.isfinite().all()):
            raise RunError(
                f"the weight `{name}` is not finite after step {job.position.step}, so that nothing is "
                "saved. Try a smaller learning rate, or `clip: 1.0`."
            )
    at = job.position
    return {
        "format": _FORMAT,
        "position": {"epoch": at.epoch, "samples": at.samples, "step": at.step},
        "loss_total": job.world.total(job.watch.total, job.precision.device),
        "module": module,
        "average": None if job.average is None else job.average.state_dict(),
        "optimizer": whole(job.optimizer.state_dict()),
        "schedule": job.schedule.state_dict(),
        "scaler": job.scaler.state_dict(),
        "random": job.world.gather(random_state(job.precision.device)),
        "epochs": [epoch.as_dict() for epoch in epochs],
    }


def restore(job: Job, state: Mapping[str, Any]) -> list[Epoch]:
    """Put a state back into a fresh job; the epochs that were done. RunError where it does not fit."""
    if state.get("format") != _FORMAT:
        raise RunError("the checkpoint was written by a newer netspec: install that one, or start a new run")
    try:
        load_module(job.module, state["module"])
        if job.average is not None:
            job.average.load_state_dict(state["average"])
        load_optimizer(job.optimizer, state["optimizer"])
        job.schedule.load_state_dict(state["schedule"])
        job.scaler.load_state_dict(state["scaler"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise RunError(f"the checkpoint does not fit the run's recipe and spec: {error}") from error
    for name, value in state["position"].items():
        setattr(job.position, name, value)
    # The sum so far belongs to no process more than to another.
    job.watch.total = state["loss_total"] if job.world.is_first else 0.0
    _restore_random(job, state["random"])
    return [Epoch(**each) for each in state["epochs"]]


def _restore_random(job: Job, states: list[dict[str, Any]]) -> None:
    """Each process its own; where their number has changed, all draw anew from here on."""
    if len(states) == job.world.size:
        restore_random_state(states[job.world.rank], job.precision.device)
    else:
        seed_all(derived(job.seed, job.world.purpose("going on"), job.position.step))
