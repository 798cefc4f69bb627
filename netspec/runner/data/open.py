"""A recipe's data -> batches: `open_batches(recipe, "train", device, training=True)`, the one entry."""

from __future__ import annotations

from typing import Any, Literal

import torch

from netspec.runner.data.batch import Batches
from netspec.runner.data.dataset import MemorySet
from netspec.runner.data.digits import load_digits
from netspec.runner.data.memory import prepare
from netspec.runner.recipe.records import Component, Recipe


def open_batches(
    recipe: Recipe,
    which: Literal["train", "test", "validation"],
    device: torch.device,
    *,
    training: bool,
) -> Batches:
    """One of a recipe's sets, ready for training (augmented) or for measuring. RunError where its files
    are missing or damaged."""
    component: Component | None = getattr(recipe.data, which)
    assert component is not None, f"the recipe has no {which} set"
    return prepare(open_set(component), recipe.data, device, training=training)


def open_set(component: Component) -> MemorySet:
    """The data set that a recipe names; RunError where its files are missing or damaged."""
    arguments: dict[str, Any] = dict(component.arguments)
    if component.name == "Digits":
        return load_digits(**arguments)
    # torchvision takes a second to import; the digits do without it.
    from netspec.runner.data.vision import load_vision

    return load_vision(component.name, **arguments)
