"""A recipe's data -> batches: `open_batches(recipe, "train", device, training=True)`, the one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch

from netspec.runner.data.batch import Batches
from netspec.runner.data.dataset import MemorySet, OpenedSet
from netspec.runner.data.digits import load_digits
from netspec.runner.data.memory import prepare
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.records import Component, Recipe


def open_batches(
    recipe: Recipe,
    which: Literal["train", "test", "validation"],
    device: torch.device,
    *,
    training: bool,
    inputs: Sequence[str] = (),
) -> Batches:
    """One of a recipe's sets, ready for training (augmented) or for measuring. `inputs` are the names of
    the spec's inputs in their order; one input needs none. RunError where files are missing or damaged."""
    component: Component | None = getattr(recipe.data, which)
    assert component is not None, f"the recipe has no {which} set"
    opened = open_set(component)
    return prepare(opened, use_of(recipe, opened, training=training, inputs=inputs), device)


def use_of(recipe: Recipe, opened: OpenedSet, *, training: bool, inputs: Sequence[str] = ()) -> Use:
    """Which columns of a set a recipe uses, and how. `inputs` are the names of the spec's inputs."""
    data = recipe.data
    if data.inputs:
        chosen = tuple(data.inputs[name] for name in inputs or data.inputs)
    else:
        chosen = tuple(inputs) if len(inputs) > 1 else (opened.main,)
    own = data.target or opened.target
    held = [use.target or own for use in recipe.losses if use.target or use.loss.name != "mean"]
    targets = tuple(dict.fromkeys(held))
    for name in (*chosen, *targets):
        if name not in opened.columns:
            listed = ", ".join(f"`{each}`" for each in opened.columns)
            raise RunError(f"{opened.name} has no column `{name}`; it has {listed}")
    if training:
        return Use(chosen, targets, data.transform, data.augment, data.mix)
    return Use(chosen, targets, data.transform)


def open_set(component: Component) -> MemorySet:
    """The data set that a recipe names; RunError where its files are missing or damaged."""
    arguments: dict[str, Any] = dict(component.arguments)
    if component.name == "Digits":
        return load_digits(**arguments)
    # torchvision takes a second to import; the digits do without it.
    from netspec.runner.data.vision import load_vision

    return load_vision(component.name, **arguments)
