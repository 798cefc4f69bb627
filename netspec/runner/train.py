"""A recipe -> a trained network and its run folder: `train("specs/recipes/digits.yaml")`.

Reads and checks the recipe, opens the data, builds the network, makes the parts, runs the loop, and
saves after every epoch. Nothing is loaded and no folder is made before the recipe has passed its checks.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from netspec.build.carry_over import carry_over
from netspec.pipeline import Checked
from netspec.runner.checkpoints import Checkpoints
from netspec.runner.data.fingerprint import check_unchanged, fingerprint
from netspec.runner.devices import choose_device
from netspec.runner.errors import RunError
from netspec.runner.folder import (
    BEST,
    CHECKPOINTS,
    LAST,
    RECIPE,
    create_folder,
    inputs_as_run,
    locked,
    versions_of_run,
    write_inputs,
)
from netspec.runner.job import Job
from netspec.runner.keeper import FolderKeeper
from netspec.runner.loop import fit
from netspec.runner.malloc import keep_freed_memory
from netspec.runner.parts import Sets, make_job, open_sets, steps_per_epoch
from netspec.runner.precision import Precision, choose_precision
from netspec.runner.progress import Progress, choose_progress
from netspec.runner.random_state import random_state, restore_random_state
from netspec.runner.recipe.load import CheckedRecipe, load_recipe
from netspec.runner.recipe.records import Recipe
from netspec.runner.records import Result
from netspec.runner.resume import changes, check_same, find_run, read_data, read_inputs
from netspec.runner.signals import interruptible
from netspec.runner.stopping import stops_explained

__all__ = ["Result", "train"]


def train(
    recipe: str | os.PathLike[str] | None = None,
    *,
    device: str | None = None,
    epochs: int | None = None,
    set: Sequence[str] = (),
    output: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Result:
    """Train as a recipe says. `set` holds overrides (`optimizer.AdamW.lr=3e-4`), `output` names the run
    folder (default: a new one below `runs/`).

    `resume` is the folder of a run that was cut off: it goes on from its newest whole checkpoint, and ends
    with the bits that it would have had. A recipe that is given too must be the one that the run began with.

    SpecError where recipe or spec have errors; RunError where data, device or disk fail, or the loss is
    no longer a number; KeyboardInterrupt on Ctrl-C and `Terminated` on SIGTERM, after saving.
    """
    given = [("--set", text) for text in set]
    given += [("--epochs", f"epochs={epochs}")] if epochs is not None else []
    given += [("--device", f"device={device}")] if device is not None else []
    shown = choose_progress(progress)
    with _caller_undisturbed():
        if resume is None and recipe is not None:
            return _begin(recipe, given, None if output is None else Path(output), shown)
        if resume is None:
            raise RunError("give a recipe, or the folder of a run to resume")
        if output is not None:
            raise RunError("a run is resumed in its own folder: give `resume` or `output`, not both")
        return _resume(Path(resume), recipe, given, shown)


@contextmanager
def _caller_undisturbed() -> Iterator[None]:
    """Put the caller's random numbers back at the end."""
    here = torch.device("cpu")
    before = random_state(here)
    keep_freed_memory()
    try:
        with warnings.catch_warnings():
            # `netspec validate` says so of the spec (NS503), and where.
            warnings.filterwarnings("ignore", "dropout2d: Received a 2-D input")
            yield
    finally:
        restore_random_state(before, here)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A recipe without errors, and all that it needs of the world."""

    checked: CheckedRecipe
    recipe: Recipe
    spec: Checked
    precision: Precision
    sets: Sets

    @property
    def versions(self) -> dict[str, Any]:
        return versions_of_run(self.recipe, self.precision.device, self.precision.name)


def _open(checked: CheckedRecipe) -> _Opened:
    assert checked.recipe is not None
    assert checked.spec is not None
    device = choose_device(checked.recipe.device)
    precision = choose_precision(checked.recipe.precision, device)
    return _Opened(checked, checked.recipe, checked.spec, precision, open_sets(checked.recipe, device))


def _begin(
    recipe: str | os.PathLike[str], given: Sequence[tuple[str, str]], output: Path | None, shown: Progress
) -> Result:
    run = _open(load_recipe(recipe, tuple(given)))
    folder = create_folder(run.recipe.name, output)
    with locked(folder):
        write_inputs(folder, inputs_as_run(run.checked), run.versions, fingerprint(run.sets.files))
        return _train(run, folder, None, shown)


def _resume(
    folder: Path, recipe: str | os.PathLike[str] | None, given: Sequence[tuple[str, str]], shown: Progress
) -> Result:
    find_run(folder)
    with locked(folder):
        if recipe is not None:
            inputs = inputs_as_run(load_recipe(recipe, tuple(given)))
            check_same(read_inputs(folder, inputs), inputs, what="given now")
        elif any(option != "--device" for option, _ in given):
            raise RunError("a resumed run goes on with its own recipe: only `device` may be given anew")
        run = _open(load_recipe(folder / RECIPE, tuple(each for each in given if each[0] == "--device")))
        state = Checkpoints(folder / CHECKPOINTS).latest(shown.say)
        if state is not None:
            check_same(state["inputs"], read_inputs(folder, state["inputs"]), what="in the folder now")
        check_unchanged(read_data(folder), fingerprint(run.sets.files))
        for change in changes(folder, run.versions):
            shown.say(change)
        return _train(run, folder, state, shown)


def _train(run: _Opened, folder: Path, state: dict[str, Any] | None, shown: Progress) -> Result:
    keeper = FolderKeeper(
        folder,
        run.recipe,
        run.spec,
        Checkpoints(folder / CHECKPOINTS, run.recipe.checkpoint.keep),
        inputs_as_run(run.checked),
    )
    start = time.perf_counter()
    with interruptible() as interrupt:
        job = keeper.job = make_job(
            run.checked, run.sets, run.precision, keeper=keeper, progress=shown, interrupt=interrupt
        )
        if state is not None:
            keeper.resume(state)
        shown.start(_what_runs(run, job, folder))
        with stops_explained(job, keeper, run.spec):
            fit(job)
    return _result(run, job, keeper, time.perf_counter() - start)


def _what_runs(run: _Opened, job: Job, folder: Path) -> str:
    steps, at = steps_per_epoch(run.recipe, len(job.train)), job.position
    doing = f"going on after step {at.step:,} with" if at.step else "training"
    return (
        f"{doing} {type(job.module).__name__} on {job.train.name}: {len(job.train):,} samples, "
        f"{steps:,} steps an epoch, {run.precision.device}, {run.precision.name}; run folder {folder}"
    )


def _result(run: _Opened, job: Job, keeper: FolderKeeper, seconds: float) -> Result:
    best = keeper.best
    assert best is not None
    chooses = job.validation is not None
    weights = keeper.folder / (BEST if chooses else LAST)
    carry_over(job.module, str(weights), strict=True)
    job.module.eval()
    return Result(
        folder=keeper.folder,
        weights=weights,
        spec=keeper.folder / next(iter(keeper.inputs)),
        params=dict(run.recipe.model.params),
        epochs=tuple(keeper.epochs),
        chosen=best if chooses else keeper.epochs[-1],
        best=best,
        device=str(run.precision.device),
        samples=len(job.train),
        tested=len(job.test),
        seconds=seconds,
        report=run.checked.report,
        module=job.module,
    )
