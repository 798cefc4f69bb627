"""A recipe -> a trained network and its run folder: `train("specs/recipes/digits.yaml")`.

Reads and checks the recipe, opens the data, builds the network, makes the parts, runs the loop, and
saves after every epoch. Nothing is loaded and no folder is made before the recipe has passed its checks.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from netspec.build.weights import open as open_file
from netspec.pipeline import Checked
from netspec.resolve.params import literal
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
from netspec.runner.parallel import failures_of_others_explained
from netspec.runner.parts import Sets, make_job, open_sets, steps_per_epoch
from netspec.runner.precision import Precision, choose_precision
from netspec.runner.progress import Progress, choose_progress
from netspec.runner.random_state import random_state, restore_random_state
from netspec.runner.recipe.load import CheckedRecipe, load_recipe
from netspec.runner.recipe.records import Recipe
from netspec.runner.records import Result
from netspec.runner.resume import changes, check_same, find_run, holds_run, read_data, read_inputs
from netspec.runner.signals import interruptible
from netspec.runner.stopping import stops_explained
from netspec.runner.trackers.every import Trackers, open_trackers
from netspec.runner.trackers.tracker import RunFacts, settings_of
from netspec.runner.world import World, is_first, joined, local_device, was_restarted

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
    shown = choose_progress(progress and is_first())
    with _caller_undisturbed():
        if resume is None and recipe is not None:
            if output is not None and was_restarted() and holds_run(Path(output)):
                return _resume(Path(output), recipe, given, shown)
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
    world: World
    sets: Sets

    @property
    def name(self) -> str:
        """The network's."""
        assert self.spec.program is not None
        return self.spec.program.main.name

    @property
    def versions(self) -> dict[str, Any]:
        device = self.precision.device
        found = versions_of_run(self.recipe, device, self.precision.name)
        return found | {
            "device": device.type if self.world.size > 1 else str(device),
            "processes": self.world.size,
        }


@contextmanager
def _opened(checked: CheckedRecipe) -> Iterator[_Opened]:
    """The data, open, and the processes, connected while it lasts."""
    recipe, spec = checked.recipe, checked.spec
    assert recipe is not None
    assert spec is not None
    device = local_device(choose_device(recipe.device))
    precision = choose_precision(recipe.precision, device)
    with joined(device) as world, failures_of_others_explained(world):
        with world.first_before_others():
            sets = open_sets(recipe, device)
        yield _Opened(checked, recipe, spec, precision, world, sets)


def _begin(
    recipe: str | os.PathLike[str], given: Sequence[tuple[str, str]], output: Path | None, shown: Progress
) -> Result:
    with _opened(load_recipe(recipe, tuple(given))) as run:
        made = create_folder(run.recipe.name, output) if run.world.is_first else None
        folder: Path = run.world.from_first(made)
        with _held(folder, run.world):
            if run.world.is_first:
                inputs, data = inputs_as_run(run.checked), fingerprint(run.sets.files)
                write_inputs(folder, inputs, run.versions, data)
            return _train(run, folder, None, shown)


def _resume(
    folder: Path, recipe: str | os.PathLike[str] | None, given: Sequence[tuple[str, str]], shown: Progress
) -> Result:
    find_run(folder)
    if recipe is not None:
        inputs = inputs_as_run(load_recipe(recipe, tuple(given)))
        check_same(read_inputs(folder, inputs), inputs, what="given now")
    elif any(option != "--device" for option, _ in given):
        raise RunError("a resumed run goes on with its own recipe: only `device` may be given anew")
    device = tuple(each for each in given if each[0] == "--device")
    with _opened(load_recipe(folder / RECIPE, device)) as run, _held(folder, run.world):
        state = Checkpoints(folder / CHECKPOINTS).latest(shown.say)
        if state is not None:
            check_same(state["inputs"], read_inputs(folder, state["inputs"]), what="in the folder now")
        check_unchanged(read_data(folder), fingerprint(run.sets.files))
        for change in changes(folder, run.versions):
            shown.say(change)
        return _train(run, folder, state, shown)


def _held(folder: Path, world: World) -> AbstractContextManager[None]:
    return locked(folder) if world.is_first else nullcontext()


def _train(run: _Opened, folder: Path, state: dict[str, Any] | None, shown: Progress) -> Result:
    keeper = FolderKeeper(
        folder,
        run.recipe,
        run.spec,
        Checkpoints(folder / CHECKPOINTS, run.recipe.checkpoint.keep),
        inputs_as_run(run.checked),
        open_trackers(run.recipe, shown.say) if run.world.is_first else Trackers(),
    )
    facts = RunFacts(run.recipe.name, folder, settings_of(literal(run.recipe.root)))
    start = time.perf_counter()
    with interruptible() as interrupt:
        job = keeper.job = make_job(
            run.checked,
            run.sets,
            run.precision,
            world=run.world,
            keeper=keeper,
            progress=shown,
            interrupt=interrupt,
        )
        if state is not None:
            keeper.resume(state)
        shown.start(_what_runs(run, job, folder))
        with stops_explained(job, keeper, run.spec), keeper.trackers.told(facts, keeper.epochs):
            fit(job)
    return _result(run, job, keeper, time.perf_counter() - start)


def _what_runs(run: _Opened, job: Job, folder: Path) -> str:
    steps, at = steps_per_epoch(run.recipe, len(job.train)), job.position
    doing = f"going on after step {at.step:,} with" if at.step else "training"
    return (
        f"{doing} {run.name} on {job.train.name}: {len(job.train):,} samples, "
        f"{steps:,} steps an epoch, {_where(run)}, {run.precision.name}; run folder {folder}"
    )


def _where(run: _Opened) -> str:
    device, size = run.precision.device, run.world.size
    return str(device) if size == 1 else f"{size} processes on {device.type}"


def _result(run: _Opened, job: Job, keeper: FolderKeeper, seconds: float) -> Result:
    best = keeper.best
    assert best is not None
    chooses = job.validation is not None
    weights = keeper.folder / (BEST if chooses else LAST)
    run.world.wait()
    result = Result(
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
        module=open_file(str(weights), run.precision.device).eval(),
    )
    if run.world.is_first:
        _report(run, job, keeper, result)
    return result


def _report(run: _Opened, job: Job, keeper: FolderKeeper, result: Result) -> None:
    """Write the report. The run is done: whatever is wrong with its report is a note, and no more."""
    from netspec.runner.report.write import write_report

    try:
        write_report(
            result,
            run.recipe,
            run.spec,
            job.test,
            run.precision,
            recipe_text=keeper.inputs[RECIPE],
            versions=run.versions,
        )
    except Exception as error:  # Weights that took days to train must not be lost over a picture of them.
        job.progress.say(f"the report could not be written ({type(error).__name__}: {error})")
