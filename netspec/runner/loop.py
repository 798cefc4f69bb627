"""The training loop.

`fit(job)` goes through the data as often as the job says, measures on held-out data after each epoch,
and tells `job.keeper` what was done. All that it needs is in the job; what may differ from run to run
(device, precision, losses, optimizer, schedule, progress) has a file of its own. The job's position says
where to begin, so that a run which was cut off goes on in the middle of an epoch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext

import torch

from netspec.runner.data.batch import Batch, Batches
from netspec.runner.errors import RunError
from netspec.runner.finite import first_not_finite
from netspec.runner.job import Interrupted, Job, Measuring
from netspec.runner.losswatch import NotFinite
from netspec.runner.metrics import Meter
from netspec.runner.objective import named_outputs
from netspec.runner.parallel import last_only
from netspec.runner.random_state import seed_all
from netspec.runner.records import Epoch
from netspec.runner.seeds import derived, order

_NOTHING = nullcontext()
# Measuring keeps no activations, so that larger batches fit.
_MEASURED_AT_ONCE, _TIMES_THE_BATCH = 500, 8


def fit(job: Job) -> None:
    """Train. RunError where the loss is no longer a number; `Interrupted` where someone asked to stop."""
    at = job.position
    while at.epoch <= job.epochs and not job.keeper.enough():
        start = time.perf_counter()
        train_loss = _train_epoch(job)
        rate = float(job.optimizer.param_groups[0]["lr"])
        validation = measure(job, job.validation) if job.validation is not None else {}
        test = measure(job, job.test)
        epoch = Epoch(at.epoch, train_loss, test, validation, rate, time.perf_counter() - start)
        job.schedule.after_epoch(epoch.judged)
        at.next_epoch()
        job.keeper.after_epoch(epoch)
        job.progress.done(epoch, job.epochs)
        if at.epoch <= job.epochs:
            _stop_if_asked(job, f"after epoch {epoch.number} of {job.epochs}")


def _train_epoch(job: Job) -> float:
    """The rest of one way through the training data, from the position on; the whole way's mean loss."""
    at = job.position
    job.to_training()
    if at.samples == 0:
        # Dropout and augmentation depend on the seed and the epoch, not on what was drawn before.
        seed_all(derived(job.seed, job.world.purpose("epoch"), at.epoch))
    batches = torch.split(order(job.seed, at.epoch, len(job.train))[at.samples :], job.batch_size)
    stream = job.train.over(list(map(job.world.share, batches)), seed=job.seed, epoch=at.epoch)
    with job.progress.epoch(at.epoch, job.epochs, len(job.train), at.samples):
        for first in range(0, len(batches), job.accumulate):
            counts = [len(indices) for indices in batches[first : first + job.accumulate]]
            loss = _step(job, stream, counts)
            at.advance(sum(counts))
            job.progress.step(sum(counts), loss)
            job.keeper.after_step()
            if at.samples < len(job.train):
                _stop_if_asked(job, f"in epoch {at.epoch}, after step {at.step}")
    return job.world.total(job.watch.take(), job.precision.device) / len(job.train)


def _stop_if_asked(job: Job, where: str) -> None:
    asked = job.world.asked(job.interrupt.asked, job.position.step, job.precision.device)
    if asked:
        raise Interrupted(where, asked)


def _step(job: Job, stream: Iterator[Batch], counts: list[int]) -> float | None:
    """One step of the optimizer, on so many batches of so many samples; the loss, where it is known."""
    loss, whole, last = None, sum(counts), len(counts) - 1
    for place, count in enumerate(counts):
        with last_only(job.network, place == last) if last else _NOTHING:
            loss = _backward(job, next(stream), count, whole)
    if job.clip is not None:
        job.scaler.unscale_(job.optimizer)
        job.clip()
    with job.schedule.rate(job.position.step):
        job.scaler.step(job.optimizer)
    job.scaler.update()
    job.optimizer.zero_grad()
    job.schedule.after_step()
    if job.average is not None:
        job.average.update(job.module)
    return loss


def _backward(job: Job, batch: Batch, count: int, whole: int) -> float | None:
    """Add the gradients of a batch of `count` samples to those of the step; the loss, where it is known."""
    with job.precision.autocast():
        output = job.network(*batch.inputs)
    loss = job.objective(named_outputs(output), batch.targets)["loss"]
    share = job.world.weight(count, whole)
    torch.autograd.backward(job.scaler.scale(loss if share == 1 else loss * share))
    try:
        return job.watch.add(loss.detach(), job.world.count(count))
    except NotFinite as error:
        raise _explained(job, error, batch) from None


def _explained(job: Job, error: NotFinite, batch: Batch) -> RunError:
    where = f"in epoch {job.position.epoch}, step {job.position.step + 1 - error.ago // job.accumulate}"
    return RunError(
        f"the loss is {error.loss} {where}: {first_not_finite(job.module, batch.inputs)}. "
        "Try a smaller learning rate, or `clip: 1.0`; check that the data are normalised; "
        "with fp16, try bf16 or fp32."
    )


@torch.inference_mode()
def measure(job: Measuring, data: Batches) -> dict[str, float]:
    """The mean loss and metrics over a set, in eval mode."""
    module = job.measured
    module.eval()
    meter = Meter(job.objective.uses)
    at_once = max(job.batch_size, min(_MEASURED_AT_ONCE, _TIMES_THE_BATCH * job.batch_size))
    batches = torch.split(torch.arange(len(data)), at_once)
    stream = data.over(list(map(job.world.share, batches)), seed=job.seed, epoch=0)
    for indices, batch in zip(batches, stream, strict=True):
        with job.precision.autocast():
            output = module(*batch.inputs)
        outputs, count = named_outputs(output), job.world.count(len(indices))
        if count:
            meter.add(job.objective(outputs, batch.targets), outputs, batch.targets, count)
    job.world.add_up(meter.sums)
    return meter.means()
