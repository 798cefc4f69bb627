"""A recipe -> a trained network and its run folder: `train("specs/recipes/digits.yaml")`.

Reads and checks the recipe, opens the data, builds the network, makes the parts, runs the loop, and
saves after every epoch. Nothing is loaded and no folder is made before the recipe has passed its checks.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from netspec.build.instantiate import instantiate
from netspec.runner.checkpoint import load_weights, save_weights
from netspec.runner.data.batch import Batches
from netspec.runner.data.open import open_batches
from netspec.runner.devices import choose_device
from netspec.runner.folder import BEST, LAST, append_metrics, create_folder, write_inputs
from netspec.runner.loop import Interrupted, Job, fit
from netspec.runner.losses import make_loss
from netspec.runner.optimizers import make_optimizer
from netspec.runner.precision import choose_precision
from netspec.runner.progress import choose_progress
from netspec.runner.recipe.load import CheckedRecipe, load_recipe
from netspec.runner.recipe.records import Recipe
from netspec.runner.records import Epoch, Result
from netspec.runner.schedulers import make_schedule
from netspec.runner.seeds import derived
from netspec.runner.signals import interruptible

__all__ = ["Result", "train"]


def train(
    recipe: str | os.PathLike[str],
    *,
    device: str | None = None,
    epochs: int | None = None,
    set: Sequence[str] = (),
    output: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Result:
    """Train as a recipe says. `set` holds overrides (`optimizer.AdamW.lr=3e-4`), `output` names the run
    folder (default: a new one below `runs/`).

    SpecError where recipe or spec have errors; RunError where data, device or disk fail, or the loss is
    no longer a number; KeyboardInterrupt, after saving, on Ctrl-C.
    """
    given = [("--set", text) for text in set]
    given += [("--epochs", f"epochs={epochs}")] if epochs is not None else []
    given += [("--device", f"device={device}")] if device is not None else []
    checked = load_recipe(recipe, tuple(given))
    before = torch.get_rng_state()
    try:
        with warnings.catch_warnings():
            # `netspec validate` says so of the spec (NS503), and where.
            warnings.filterwarnings("ignore", "dropout2d: Received a 2-D input")
            return _run(checked, output, progress)
    finally:
        torch.set_rng_state(before)


@dataclass(slots=True)
class _Keeper:
    """Saves after each epoch, and knows which was best."""

    folder: Path
    module: nn.Module
    epochs: list[Epoch] = field(default_factory=list)
    best: Epoch | None = None

    def keep(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        append_metrics(self.folder, epoch.as_dict())
        about = {"epoch": str(epoch.number)}
        save_weights(self.module, self.folder / LAST, about=about)
        if self.best is None or _score(epoch) > _score(self.best):
            self.best = epoch
            save_weights(self.module, self.folder / BEST, about=about)


def _score(epoch: Epoch) -> tuple[float, float]:
    """Greater is better: the accuracy; among equals, the smaller loss."""
    return epoch.judged.get("accuracy", 0.0), -epoch.judged["loss"]


def _run(checked: CheckedRecipe, output: str | os.PathLike[str] | None, progress: bool) -> Result:
    recipe, spec = checked.recipe, checked.spec
    assert recipe is not None
    assert spec is not None
    device = choose_device(recipe.device)
    precision = choose_precision(recipe.precision, device)
    train_set, test_set, validation = _open(recipe, device)
    torch.manual_seed(derived(recipe.seed, "weights"))
    module = instantiate(spec, spec.params or {}).to(device)
    optimizer = make_optimizer(recipe.optimizer, module.parameters())
    steps = -(-len(train_set) // recipe.data.batch_size)
    schedule = make_schedule(recipe.scheduler, optimizer, epochs=recipe.epochs, steps_per_epoch=steps)
    folder = create_folder(recipe.name, None if output is None else Path(output))
    write_inputs(folder, checked, device=device, precision=precision.name)
    keeper = _Keeper(folder, module)
    shown = choose_progress(progress)
    shown.start(
        f"training {type(module).__name__} on {train_set.name}: {len(train_set):,} images, "
        f"{steps:,} steps an epoch, {device}, {precision.name}; run folder {folder}"
    )
    start = time.perf_counter()
    with interruptible() as interrupt:
        job = Job(
            module=module,
            train=train_set,
            test=test_set,
            validation=validation,
            loss=make_loss(recipe.loss),
            uses=recipe.losses,
            optimizer=optimizer,
            schedule=schedule,
            precision=precision,
            epochs=recipe.epochs,
            batch_size=recipe.data.batch_size,
            seed=recipe.seed,
            progress=shown,
            interrupt=interrupt,
            after_epoch=keeper.keep,
        )
        _fit(job, folder)
    seconds = time.perf_counter() - start
    spec_path = folder / "spec" / Path(spec.source.path).name
    return _result(job, keeper, checked, spec_path, seconds)


def _open(recipe: Recipe, device: torch.device) -> tuple[Batches, Batches, Batches | None]:
    held_out = recipe.data.validation is not None
    return (
        open_batches(recipe, "train", device, training=True),
        open_batches(recipe, "test", device, training=False),
        open_batches(recipe, "validation", device, training=False) if held_out else None,
    )


def _fit(job: Job, folder: Path) -> None:
    try:
        fit(job)
    except Interrupted as interrupted:
        save_weights(job.module, folder / LAST, about={"stopped": str(interrupted)})
        raise KeyboardInterrupt(f"stopped {interrupted}; the weights lie in {folder / LAST}") from None


def _result(job: Job, keeper: _Keeper, checked: CheckedRecipe, spec: Path, seconds: float) -> Result:
    assert keeper.best is not None
    assert checked.recipe is not None
    chosen = keeper.best if job.validation is not None else keeper.epochs[-1]
    weights = keeper.folder / (BEST if job.validation is not None else LAST)
    job.module.load_state_dict(load_weights(weights))
    job.module.eval()
    return Result(
        folder=keeper.folder,
        weights=weights,
        spec=spec,
        params=dict(checked.recipe.model.params),
        epochs=tuple(keeper.epochs),
        chosen=chosen,
        best=keeper.best,
        device=str(job.precision.device),
        images=len(job.train),
        tested=len(job.test),
        seconds=seconds,
        report=checked.report,
        module=job.module,
    )
