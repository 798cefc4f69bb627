"""A recipe's transforms -> functions of batches of images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

from netspec.runner.data.augment import Transform, bulk
from netspec.runner.recipe.records import Component
from netspec.runner.recipe.transforms import is_random
from netspec.runner.refusal import refusals_of


def make_transform(component: Component) -> Transform:
    """The component for float batches `[N, C, H, W]`; a random one treats each image by itself.
    SpecError where torchvision refuses the arguments."""
    arguments: dict[str, Any] = component.stated
    if "interpolation" in arguments:
        arguments["interpolation"] = InterpolationMode(arguments["interpolation"])
    with refusals_of(component):
        made: Transform = getattr(v2, component.name)(**_lists(arguments))
    if is_random(component):
        made = bulk(component) or _each(made)

    def apply(images: Tensor) -> Tensor:
        # Some arguments are looked at only when an image comes: `max_size` of `Resize`.
        with refusals_of(component):
            return made(images)

    return apply


def _lists(arguments: dict[str, Any]) -> dict[str, Any]:
    """torchvision tells lists from tuples in places."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}


def _each(transform: Transform) -> Transform:
    def apply(images: Tensor) -> Tensor:
        return torch.stack([transform(image) for image in images])

    return apply
