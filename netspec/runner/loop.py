"""The training loop.

`fit(job)` goes through the data as often as the job says, measures on held-out data after each epoch,
and hands each epoch's figures to `job.after_epoch`. All that it needs is in the job; what may differ
from run to run (device, precision, optimizer, schedule, progress) has a file of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn, optim

from netspec.runner.data.batch import Batch, Batches
from netspec.runner.errors import RunError
from netspec.runner.losses import Loss
from netspec.runner.metrics import Meter
from netspec.runner.precision import Precision
from netspec.runner.progress import Progress
from netspec.runner.recipe.records import LossUse
from netspec.runner.records import Epoch
from netspec.runner.schedulers import Schedule
from netspec.runner.seeds import derived, order
from netspec.runner.signals import Interrupt

# Measuring keeps no activations, so that larger batches fit.
_MEASURED_AT_ONCE = 500
# How many steps pass on an accelerator before their losses are looked at: a look waits for the device.
_STEPS_PER_LOOK = 20


class Interrupted(Exception):
    """Someone asked to stop; the step was finished."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that the loop works with."""

    module: nn.Module
    train: Batches
    test: Batches
    validation: Batches | None
    loss: Loss
    uses: tuple[LossUse, ...]
    optimizer: optim.Optimizer
    schedule: Schedule
    precision: Precision
    epochs: int
    batch_size: int
    seed: int
    progress: Progress
    interrupt: Interrupt
    after_epoch: Callable[[Epoch], None]


def fit(job: Job) -> None:
    """Train. RunError where the loss is no longer a number; `Interrupted` where someone asked to stop."""
    scaler = job.precision.scaler()
    for number in range(1, job.epochs + 1):
        start = time.perf_counter()
        # Dropout and augmentation depend on the seed and the epoch, not on what was drawn before.
        torch.manual_seed(derived(job.seed, "epoch", number))
        with job.progress.epoch(number, job.epochs, len(job.train)):
            train_loss = _train_epoch(job, number, scaler)
        rate = float(job.optimizer.param_groups[0]["lr"])
        job.schedule.after_epoch()
        validation = measure(job, job.validation) if job.validation is not None else {}
        test = measure(job, job.test)
        epoch = Epoch(number, train_loss, test, validation, rate, time.perf_counter() - start)
        job.after_epoch(epoch)
        job.progress.done(epoch, job.epochs)
        if job.interrupt.asked and number < job.epochs:
            raise Interrupted(f"after epoch {number} of {job.epochs}")


def _train_epoch(job: Job, number: int, scaler: torch.amp.GradScaler) -> float:
    """One way through the training data; the mean loss."""
    job.module.train()
    meter = Meter()
    unseen: list[Tensor] = []
    on_cpu = job.precision.device.type == "cpu"
    batches = torch.split(order(job.seed, number, len(job.train)), job.batch_size)
    made = job.train.over(batches, seed=job.seed, epoch=number)
    for step, batch in enumerate(made, start=1):
        loss = _step(job, batch, scaler)
        meter.add({"loss": loss}, {}, {}, len(batch.indices))
        unseen.append(loss)
        if on_cpu or len(unseen) == _STEPS_PER_LOOK or step == len(batches):
            _look(unseen, number, step)
            unseen.clear()
        job.progress.step(len(batch.indices), float(loss) if on_cpu else None)
        if job.interrupt.asked:
            raise Interrupted(f"in epoch {number}, after step {step} of {len(batches)}")
    return meter.means()["loss"]


def _step(job: Job, batch: Batch, scaler: torch.amp.GradScaler) -> Tensor:
    labels = batch.targets["label"]
    job.optimizer.zero_grad()
    with job.precision.autocast():
        output = job.module(*batch.inputs)
    loss = job.loss(output.float(), labels)
    torch.autograd.backward(scaler.scale(loss))
    scaler.step(job.optimizer)
    scaler.update()
    job.schedule.after_step()
    return loss.detach()


def _look(losses: list[Tensor], epoch: int, step: int) -> None:
    """RunError at the first loss that is not finite; the last of the losses is that of `step`."""
    finite = torch.stack(losses).isfinite()
    if bool(finite.all()):
        return
    first = int((~finite).int().argmax())
    raise RunError(
        f"the loss is {float(losses[first])} in epoch {epoch}, step {step - len(losses) + 1 + first}. "
        "Try a smaller learning rate; check that the images are normalised; with fp16, try bf16 or fp32."
    )


@torch.inference_mode()
def measure(job: Job, data: Batches) -> dict[str, float]:
    """The mean loss and metrics over a set, in eval mode."""
    job.module.eval()
    meter = Meter(job.uses)
    batches = torch.split(torch.arange(len(data)), _MEASURED_AT_ONCE)
    for batch in data.over(batches, seed=job.seed, epoch=0):
        labels = batch.targets["label"]
        with job.precision.autocast():
            output = job.module(*batch.inputs).float()
        meter.add({"loss": job.loss(output, labels)}, {None: output}, batch.targets, len(batch.indices))
    return meter.means()
