"""A recipe's transforms -> functions of pictures: images, and the masks that must move with them.

Pictures that belong together go through as one tuple, `Planes`, in the order of the kinds that the
function was made for. Every one of them gets the same random numbers; colours and `Normalize` leave masks
alone, and what moves pixels takes the nearest pixel of a mask, as torchvision's tv_tensors have it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2

from netspec.runner.data.augment import Planes, Transform, bulk
from netspec.runner.recipe.records import Component
from netspec.runner.recipe.transforms import is_random
from netspec.runner.refusal import refusals_of

IMAGE = ("image",)


def make_transform(component: Component, kinds: Sequence[str] = IMAGE) -> Transform:
    """The component for batches: float images `[N, C, H, W]` and masks `[N, H, W]`; a random one treats
    each sample by itself. SpecError where torchvision refuses the arguments."""
    made = _made(component, tuple(kinds))
    if is_random(component):
        made = bulk(component, tuple(kinds)) or _each(made)
    return _refusing(made, component)


def make_sample_transform(component: Component, kinds: Sequence[str] = IMAGE) -> Transform:
    """The component for the planes of one sample, `[C, H, W]` and `[H, W]`: torchvision's own."""
    return _refusing(_made(component, tuple(kinds)), component)


def _made(component: Component, kinds: tuple[str, ...]) -> Transform:
    arguments: dict[str, Any] = component.stated
    if "interpolation" in arguments:
        arguments["interpolation"] = InterpolationMode(arguments["interpolation"])
    if "fill" in arguments and "mask" in kinds:
        # What is drawn in beside a mask is nothing, whatever colour the image gets there.
        arguments["fill"] = {tv_tensors.Image: arguments["fill"], tv_tensors.Mask: 0}
    with refusals_of(component):
        transform = getattr(v2, component.name)(**_lists(arguments))
    if component.name == "Normalize":
        return _normalize(arguments, kinds)
    if kinds == IMAGE:
        return lambda planes: (transform(planes[0]),)
    wraps = [tv_tensors.Mask if kind == "mask" else tv_tensors.Image for kind in kinds]

    def together(planes: Planes) -> Planes:
        with warnings.catch_warnings():
            # RandomErasing says that it leaves masks as they are, which is meant.
            warnings.filterwarnings("ignore", ".*currently passing through inputs of type.*Mask")
            moved = transform([wrap(plane) for wrap, plane in zip(wraps, planes, strict=True)])
        return tuple(plane.as_subclass(Tensor) for plane in moved)

    return together


def _normalize(arguments: dict[str, Any], kinds: tuple[str, ...]) -> Transform:
    """What `v2.Normalize` computes, in half its time."""
    mean, std = (
        torch.tensor(arguments[name], dtype=torch.float32)[:, None, None] for name in ("mean", "std")
    )

    def apply(planes: Planes) -> Planes:
        there = planes[0].device
        return tuple(
            plane if kind == "mask" else (plane - mean.to(there)).div_(std.to(there))
            for plane, kind in zip(planes, kinds, strict=True)
        )

    return apply


def _refusing(made: Transform, component: Component) -> Transform:
    def apply(planes: Planes) -> Planes:
        # Some arguments are looked at only when an image comes: `max_size` of `Resize`.
        with refusals_of(component):
            return made(planes)

    return apply


def _lists(arguments: dict[str, Any]) -> dict[str, Any]:
    """torchvision tells lists from tuples in places."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}


def _each(transform: Transform) -> Transform:
    def apply(planes: Planes) -> Planes:
        moved = [transform(sample) for sample in zip(*planes, strict=True)]
        return tuple(torch.stack(each) for each in zip(*moved, strict=True))

    return apply
