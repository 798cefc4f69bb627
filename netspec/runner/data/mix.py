"""MixUp and CutMix: training batches whose samples are mixed in pairs, and their labels with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torchvision.transforms import v2

from netspec.runner.recipe.records import Component
from netspec.runner.refusal import refusals_of

Mix: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def make_mix(components: Sequence[Component], classes: int) -> Mix | None:
    """torchvision's own mixing of images `[N, C, H, W]` and labels `[N]`; the labels become probabilities
    `[N, classes]`. Of several components each batch gets one, all equally often."""
    choices = [_made(component, classes) for component in components]
    if not choices:
        return None

    def mix(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        chosen = choices[0] if len(choices) == 1 else choices[int(torch.randint(len(choices), ()))]
        return chosen(images, labels)

    return mix


def _made(component: Component, classes: int) -> Mix:
    with refusals_of(component):
        made: Mix = getattr(v2, component.name)(num_classes=classes, **component.stated)
    return made
