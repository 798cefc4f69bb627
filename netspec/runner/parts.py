"""A checked recipe and its open sets -> the job that the loop works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec.build.carry_over import carry_over
from netspec.build.instantiate import instantiate
from netspec.runner.class_weights import with_class_weights
from netspec.runner.clipping import make_clip
from netspec.runner.data.batch import Batches
from netspec.runner.data.open import open_batches
from netspec.runner.errors import RunError
from netspec.runner.job import Job, Keeper, Position
from netspec.runner.losswatch import LossWatch
from netspec.runner.moving_average import MovingAverage
from netspec.runner.objective import Objective
from netspec.runner.optimizers import freeze, make_optimizer
from netspec.runner.parallel import choose_parallel, replicate, shard
from netspec.runner.precision import Precision
from netspec.runner.progress import Progress
from netspec.runner.random_state import seed_all
from netspec.runner.recipe.figures import figures
from netspec.runner.recipe.load import CheckedRecipe
from netspec.runner.recipe.records import Recipe
from netspec.runner.schedulers import make_schedule
from netspec.runner.seeds import derived
from netspec.runner.signals import Interrupt
from netspec.runner.world import World


@dataclass(frozen=True, slots=True)
class Sets:
    """A recipe's data, open."""

    train: Batches
    test: Batches
    validation: Batches | None

    @property
    def files(self) -> tuple[Path, ...]:
        """What was read for them."""
        sets = (self.train, self.test, self.validation)
        return tuple(path for each in sets if each is not None for path in each.files)


def open_sets(recipe: Recipe, device: torch.device) -> Sets:
    """RunError where files are missing or damaged."""
    has_validation = recipe.data.validation is not None
    return Sets(
        open_batches(recipe, "train", device, training=True),
        open_batches(recipe, "test", device, training=False),
        open_batches(recipe, "validation", device, training=False) if has_validation else None,
    )


def make_module(checked: CheckedRecipe, device: torch.device) -> nn.Module:
    """The network with its first weights, which the recipe's seed decides."""
    recipe, spec = checked.recipe, checked.spec
    assert recipe is not None
    assert spec is not None
    seed_all(derived(recipe.seed, "weights"))
    return instantiate(spec, spec.params or {}).to(device)


def start_from(recipe: Recipe, module: nn.Module) -> str:
    """Load those of the recipe's weights that fit; what became of each name, as text. SafeFileError where
    the file is damaged, or nothing fits."""
    assert recipe.model.weights is not None
    path = Path(recipe.path).parent / recipe.model.weights
    return f"weights of {path}: {carry_over(module, str(path))}"


def make_job(
    checked: CheckedRecipe,
    sets: Sets,
    precision: Precision,
    *,
    world: World,
    keeper: Keeper,
    progress: Progress,
    interrupt: Interrupt,
) -> Job:
    """A job that stands at the beginning."""
    recipe, device = checked.recipe, precision.device
    assert recipe is not None
    module = make_module(checked, device)
    if recipe.model.weights is not None:
        progress.say(start_from(recipe, module))
    frozen = freeze(module, recipe.freeze)
    network = _network(recipe, module, world, device)
    optimizer = make_optimizer(recipe, module)
    schedule = make_schedule(
        recipe.scheduler,
        optimizer,
        epochs=recipe.epochs,
        steps_per_epoch=steps_per_epoch(recipe, len(sets.train)),
        warmup=recipe.warmup,
        known=figures(recipe.losses),
        best=recipe.best[0],
    )
    return Job(
        world=world,
        module=module,
        network=network,
        train=sets.train,
        test=sets.test,
        validation=sets.validation,
        objective=Objective(with_class_weights(recipe.losses, sets.train), device),
        optimizer=optimizer,
        schedule=schedule,
        precision=precision,
        scaler=precision.scaler(),
        clip=make_clip(recipe.clip, module),
        average=None if recipe.ema is None else MovingAverage(module, recipe.ema),
        frozen=frozen,
        epochs=recipe.epochs,
        batch_size=recipe.data.batch_size,
        accumulate=recipe.accumulate,
        seed=recipe.seed,
        position=Position(),
        watch=LossWatch(device),
        progress=progress,
        interrupt=interrupt,
        keeper=keeper,
    )


def steps_per_epoch(recipe: Recipe, samples: int) -> int:
    """Steps of the optimizer in one epoch."""
    batches = -(-samples // recipe.data.batch_size)
    return -(-batches // recipe.accumulate)


def _network(recipe: Recipe, module: nn.Module, world: World, device: torch.device) -> Callable[..., Any]:
    """What is called in training; under FSDP the module itself is spread."""
    how = choose_parallel(recipe.parallel, world)
    if how == "fsdp":
        if recipe.ema is not None:
            raise RunError("`ema` keeps whole weights, which `parallel: fsdp` does not: use `parallel: ddp`")
        shard(module, device)
    network = replicate(module, device) if how == "ddp" else module
    compiled: Callable[..., Any] = torch.compile(network) if recipe.compile else network
    return compiled
