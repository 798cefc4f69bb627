"""What stops a run -> an error that says how to go on: a signal, or memory that does not suffice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from netspec.pipeline import Checked
from netspec.runner.errors import RunError, Terminated
from netspec.runner.job import Interrupted, Job
from netspec.runner.keeper import FolderKeeper
from netspec.runner.memory import advice

# How PyTorch's CPU allocator, and shared memory, say that nothing is left; they raise plain RuntimeErrors.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "Cannot allocate memory")


@contextmanager
def stops_explained(job: Job, keeper: FolderKeeper, spec: Checked) -> Iterator[None]:
    """Save where someone asked to stop, and say how to go on. KeyboardInterrupt for SIGINT, `Terminated`
    for SIGTERM, RunError where memory does not suffice."""
    try:
        yield
    except Interrupted as interrupted:
        keeper.save()
        text = f"stopped {interrupted}; {how_to_go_on(keeper.folder)}"
        kind = Terminated if interrupted.number == signal.SIGTERM else KeyboardInterrupt
        raise kind(text) from None
    except torch.OutOfMemoryError as error:
        raise _out_of_memory(job, spec) from error
    except RuntimeError as error:
        if not any(sign in str(error) for sign in _NO_MEMORY):
            raise
        raise _out_of_memory(job, spec) from error


def how_to_go_on(folder: Path) -> str:
    return f"go on with `netspec train --resume {folder}`"


def _out_of_memory(job: Job, spec: Checked) -> RunError:
    where = f"epoch {job.position.epoch}, step {job.position.step + 1}"
    return RunError(f"the memory of {job.precision.device} does not suffice in {where}: {advice(job, spec)}")
