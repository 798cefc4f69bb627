"""A data set made ready: on the device, with what does not change done once, and batches from it.

In: an `ImageSet` and the recipe's transforms. Transforms before the first `Normalize` are done to all
images at once; augmentation and the rest are done to each batch, in bulk.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.runner.data.augment import Transform
from netspec.runner.data.imageset import ImageSet
from netspec.runner.data.transforms import make_transform
from netspec.runner.recipe.check import before_normalize
from netspec.runner.recipe.records import Data

_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """`images`: float32 from 0 to 1, or uint8 as stored, `[M, C, H, W]`; `steps`: what a batch goes
    through."""

    name: str
    images: Tensor
    labels: Tensor
    white: int
    steps: tuple[Transform, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The images and labels at these indices, as the network takes them."""
        indices = indices.to(self.labels.device)
        images = self.images[indices]
        if not images.is_floating_point():
            images = images.to(torch.float32).div_(self.white)
        for step in self.steps:
            images = step(images)
        return images, self.labels[indices]


def prepare(images: ImageSet, data: Data, device: torch.device, *, training: bool) -> Prepared:
    """The set on the device. `training` adds the recipe's augmentation."""
    first = before_normalize(data.transform)
    once = tuple(make_transform(each) for each in data.transform[:first])
    steps = [make_transform(each) for each in data.transform[first:]]
    if training:
        steps = [make_transform(each) for each in data.augment] + steps
    stored = _done(images, once) if once else images.images
    return Prepared(images.name, stored.to(device), images.labels.to(device), images.white, tuple(steps))


def _done(images: ImageSet, transforms: tuple[Transform, ...]) -> Tensor:
    parts = []
    for part in torch.split(images.scaled(), _AT_ONCE):
        for transform in transforms:
            part = transform(part)
        parts.append(part)
    return torch.cat(parts)
