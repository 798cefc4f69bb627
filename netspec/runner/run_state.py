"""All that a run needs to go on as if it had never stopped <-> plain values and tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.runner.errors import RunError
from netspec.runner.job import Job
from netspec.runner.random_state import random_state, restore_random_state
from netspec.runner.records import Epoch

_FORMAT = 1


def capture(job: Job, epochs: Sequence[Epoch]) -> dict[str, Any]:
    """The state between two steps. RunError, and nothing is saved, where the weights are not finite."""
    job.watch.look()
    for name, weight in job.module.named_parameters():
        if not bool(weight.isfinite().all()):
            raise RunError(
                f"the weight `{name}` is not finite after step {job.position.step}, so that nothing is "
                "saved. Try a smaller learning rate, or `clip: 1.0`."
            )
    at = job.position
    return {
        "format": _FORMAT,
        "position": {"epoch": at.epoch, "samples": at.samples, "step": at.step},
        "loss_total": job.watch.total,
        "module": dict(job.module.state_dict()),
        "average": None if job.average is None else job.average.state_dict(),
        "optimizer": job.optimizer.state_dict(),
        "schedule": job.schedule.state_dict(),
        "scaler": job.scaler.state_dict(),
        "random": random_state(job.precision.device),
        "epochs": [epoch.as_dict() for epoch in epochs],
    }


def restore(job: Job, state: Mapping[str, Any]) -> list[Epoch]:
    """Put a state back into a fresh job; the epochs that were done. RunError where it does not fit."""
    if state.get("format") != _FORMAT:
        raise RunError("the checkpoint was written by a newer netspec: install that one, or start a new run")
    try:
        job.module.load_state_dict(state["module"])
        if job.average is not None:
            job.average.load_state_dict(state["average"])
        job.optimizer.load_state_dict(state["optimizer"])
        job.schedule.load_state_dict(state["schedule"])
        job.scaler.load_state_dict(state["scaler"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise RunError(f"the checkpoint does not fit the run's recipe and spec: {error}") from error
    for name, value in state["position"].items():
        setattr(job.position, name, value)
    job.watch.total = state["loss_total"]
    restore_random_state(state["random"], job.precision.device)
    return [Epoch(**each) for each in state["epochs"]]
