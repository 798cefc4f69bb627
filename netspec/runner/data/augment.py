"""Random transforms of whole batches, each image with random numbers of its own.

torchvision's transforms draw once per call: for a batch they would move every image alike, and image by
image they are slow. The common ones are done here in bulk, by the same rules; the rest goes image by
image. Random numbers come from PyTorch's CPU generator, so that every device gets the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import functional as v2

from netspec.runner.recipe.records import Component

Planes: TypeAlias = tuple[Tensor, ...]
"""Pictures that belong together: images `[N, C, H, W]` (float) and masks `[N, H, W]`, moved alike."""
Transform: TypeAlias = Callable[[Planes], Planes]


def bulk(component: Component, kinds: Sequence[str] = ("image",)) -> Transform | None:
    """The component as a transform of planes of these kinds, or None where it has no bulk form."""
    arguments: Any = component.arguments
    match component.name:
        case "RandomHorizontalFlip" | "RandomVerticalFlip":
            axis = -1 if component.name == "RandomHorizontalFlip" else -2
            return lambda planes: _flip(planes, arguments["p"], axis)
        case "RandomCrop" if not arguments["pad_if_needed"]:
            return lambda planes: _crop(planes, arguments, kinds)
        case "RandomAffine" | "RandomRotation" if _simple(arguments):
            return lambda planes: _random_affine(planes, arguments, component.name, kinds)
    return None


def _simple(arguments: Any) -> bool:
    return (
        arguments["interpolation"] in ("nearest", "bilinear")
        and arguments["center"] is None
        and isinstance(arguments["fill"], int | float)
    )


def _flip(planes: Planes, probability: float, axis: int) -> Planes:
    flipped = (torch.rand(len(planes[0])) < probability).to(planes[0].device)
    return tuple(
        torch.where(flipped.view(-1, *[1] * (plane.dim() - 1)), plane.flip(axis), plane) for plane in planes
    )


def _crop(planes: Planes, arguments: Any, kinds: Sequence[str]) -> Planes:
    planes = tuple(_padded(plane, arguments, kind) for plane, kind in zip(planes, kinds, strict=True))
    size = arguments["size"]
    height, width = (size, size) if isinstance(size, int) else (size[0], size[-1])
    count, high, wide, device = len(planes[0]), *planes[0].shape[-2:], planes[0].device
    top = torch.randint(high - height + 1, (count, 1), device="cpu").to(device)
    left = torch.randint(wide - width + 1, (count, 1), device="cpu").to(device)
    rows = (top + torch.arange(height, device=device))[:, :, None]
    columns = (left + torch.arange(width, device=device))[:, None, :]
    which = torch.arange(count, device=device)[:, None, None]
    return tuple(
        plane[which, rows, columns]
        if kind == "mask"
        else plane.permute(0, 2, 3, 1)[which, rows, columns].permute(0, 3, 1, 2)
        for plane, kind in zip(planes, kinds, strict=True)
    )


def _padded(plane: Tensor, arguments: Any, kind: str) -> Tensor:
    padding = arguments["padding"]
    if padding is None:
        return plane
    sides = padding if isinstance(padding, int) else list(padding)
    fill, mode = (0 if kind == "mask" else arguments["fill"]), arguments["padding_mode"]
    padded: Tensor = v2.pad(plane, sides, fill=fill, padding_mode=mode)
    return padded


def _random_affine(planes: Planes, arguments: Any, name: str, kinds: Sequence[str]) -> Planes:
    count, (height, width) = len(planes[0]), planes[0].shape[-2:]
    degrees = arguments["degrees"]
    angle = _uniform(count, (-degrees, degrees) if isinstance(degrees, int | float) else degrees)
    translate, scale, shear = (arguments.get(key) for key in ("translate", "scale", "shear"))
    if name == "RandomRotation":
        angle = -angle  # RandomRotation turns counter-clockwise, RandomAffine clockwise.
    right, down = (part * size for part, size in zip(translate or (0.0, 0.0), (width, height), strict=True))
    # Whole pixels, as in torchvision.
    shift = torch.stack([_uniform(count, (-right, right)), _uniform(count, (-down, down))]).round()
    size = _uniform(count, scale) if scale else torch.ones(count)
    move = (angle, shift, size, *_shears(count, shear))
    mode, fill = arguments["interpolation"], arguments["fill"]
    return tuple(
        _moved_mask(plane, move) if kind == "mask" else affine(plane, *move, mode=mode, fill=fill)
        for plane, kind in zip(planes, kinds, strict=True)
    )


def _moved_mask(mask: Tensor, move: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]) -> Tensor:
    """Class numbers are not mixed: each pixel is the nearest one's; where nothing was is 0."""
    moved = affine(mask[:, None].to(torch.float32), *move, mode="nearest", fill=0.0)
    return moved[:, 0].to(mask.dtype)


def _shears(count: int, shear: float | Sequence[float] | None) -> tuple[Tensor, Tensor]:
    match shear:
        case None:
            return torch.zeros(count), torch.zeros(count)
        case int() | float():
            return _uniform(count, (-shear, shear)), torch.zeros(count)
        case (low, high):
            return _uniform(count, (low, high)), torch.zeros(count)
    return _uniform(count, shear[:2]), _uniform(count, shear[2:])


def _uniform(count: int, bounds: Sequence[float]) -> Tensor:
    low, high = bounds
    return torch.rand(count) * (high - low) + low


def affine(
    images: Tensor,
    angle: Tensor,
    shift: Tensor,
    scale: Tensor,
    shear_x: Tensor,
    shear_y: Tensor,
    *,
    mode: str,
    fill: float,
) -> Tensor:
    """Turn (degrees, clockwise), shear (degrees), scale and shift (pixels, `[2, N]`) each image about its
    centre. `fill` is put where nothing was.

    A pixel p of the result shows the pixel A⁻¹(p - shift) of the image, for A = scale · R · Sy · Sx in
    coordinates from the centre; grid_sample wants this map in coordinates from -1 to 1.
    """
    _, _, height, width = images.shape
    turn, across, down = (each * (math.pi / 180) for each in (angle, shear_x, shear_y))
    one, none = torch.ones_like(turn), torch.zeros_like(turn)
    rotation = _matrices(turn.cos(), -turn.sin(), turn.sin(), turn.cos())
    shearing = _matrices(one, none, -down.tan(), one) @ _matrices(one, -across.tan(), none, one)
    inverse = torch.linalg.inv(scale[:, None, None] * rotation @ shearing)
    half = torch.tensor([width / 2, height / 2])
    linear = inverse * half / half[:, None]
    offset = -(inverse @ shift.T[:, :, None]) / half[:, None]
    theta = torch.cat([linear, offset], 2).to(images)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images - fill, grid, mode=mode, padding_mode="zeros", align_corners=False) + fill


def _matrices(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    return torch.stack([torch.stack([a, b], 1), torch.stack([c, d], 1)], 1)
