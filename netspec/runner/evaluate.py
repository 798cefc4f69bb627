"""A trained network -> its figures on held-out data: `evaluate("runs/digits-...")`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netspec.build.weights import open as open_safe
from netspec.runner.class_weights import BALANCED, with_class_weights
from netspec.runner.data.open import open_batches
from netspec.runner.devices import choose_device
from netspec.runner.loop import measure
from netspec.runner.objective import Objective
from netspec.runner.precision import Precision, choose_precision
from netspec.runner.recipe.load import load_recipe
from netspec.runner.recipe.records import LossUse, Recipe
from netspec.runner.trained import recipe_of, weights_of
from netspec.runner.world import World


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`metrics` are the loss and the recipe's metrics, means over the samples of `data`."""

    weights: str
    data: str
    samples: int
    device: str
    metrics: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Measuring:
    """What measuring needs of a job."""

    measured: nn.Module
    objective: Objective
    batch_size: int
    seed: int
    precision: Precision
    world: World


def evaluate(
    run: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
    device: str | None = None,
    set: Sequence[str] = (),
) -> Evaluation:
    """Measure a run's weights, or a safe file's, on the test set of the run's recipe, or of the recipe
    `data`, with overrides. SpecError where the recipe has errors; NetspecError where files, data or device
    fail."""
    path = Path(run)
    weights = weights_of(path)
    given = [("--set", text) for text in set]
    given += [("--device", f"device={device}")] if device is not None else []
    recipe = load_recipe(recipe_of(path) if data is None else data, tuple(given)).recipe
    assert recipe is not None
    where = choose_device(recipe.device)
    test = open_batches(recipe, "test", where, training=False)
    measuring = _Measuring(
        measured=open_safe(str(weights), where),
        objective=Objective(_losses(recipe, where), where),
        batch_size=recipe.data.batch_size,
        seed=recipe.seed,
        precision=choose_precision(recipe.precision, where),
        world=World(),
    )
    with warnings.catch_warnings():
        # `netspec validate` says so of the spec (NS503), and where.
        warnings.filterwarnings("ignore", "dropout2d: Received a 2-D input")
        metrics = measure(measuring, test)
    return Evaluation(str(weights), test.name, len(test), str(where), metrics)


def _losses(recipe: Recipe, device: torch.device) -> tuple[LossUse, ...]:
    """The losses; weights by how often classes occur are those of the training set."""
    if not any(use.loss.arguments.get("weight") == BALANCED for use in recipe.losses):
        return recipe.losses
    return with_class_weights(recipe.losses, open_batches(recipe, "train", device, training=False))
