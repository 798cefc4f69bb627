"""A recipe's data -> batches: `open_batches(recipe, "train", device, training=True)`, the one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch

from netspec.runner.data.arrays import load_arrays
from netspec.runner.data.batch import Batches
from netspec.runner.data.convert import in_memory, one_by_one
from netspec.runner.data.dataset import MemorySet, OpenedSet, StreamSet
from netspec.runner.data.digits import load_digits
from netspec.runner.data.folders import open_class_folders, open_image_masks
from netspec.runner.data.memory import prepare
from netspec.runner.data.shapes import load_shapes
from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.text import load_text
from netspec.runner.data.use import Use
from netspec.runner.data.vision import load_vision
from netspec.runner.errors import RunError
from netspec.runner.recipe.records import Component, Data, Recipe


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
    use = use_of(recipe, opened, training=training, inputs=inputs)
    return batches_of(opened, use, recipe.data, device)


def batches_of(opened: MemorySet | StreamSet, use: Use, data: Data, device: torch.device) -> Batches:
    """In memory or streamed, as the recipe wants it: small sets are in memory, folders are not, and worker
    processes stream."""
    stream = data.in_memory is False or (
        data.in_memory is None and (data.workers > 0 or not isinstance(opened, MemorySet))
    )
    if stream:
        return prepare_stream(one_by_one(opened), use, device, workers=data.workers)
    return prepare(*in_memory(opened, use), device)


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


def open_set(component: Component) -> MemorySet | StreamSet:
    """The data set that a recipe names; RunError where its files are missing or damaged."""
    arguments: dict[str, Any] = dict(component.arguments)
    match component.name:
        case "Digits":
            return load_digits(**arguments)
        case "Shapes":
            return load_shapes(**arguments)
        case "ImageFolder":
            return open_class_folders(**arguments)
        case "Arrays":
            return load_arrays(**arguments)
        case "Text":
            return load_text(**arguments)
        case "ImageMasks":
            return open_image_masks(**arguments)
    return load_vision(component.name, **arguments)
