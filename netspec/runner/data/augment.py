"""Random transforms of whole batches, each image with random numbers of its own.

torchvision's transforms draw once per call: for a batch they would move every image alike, and image by
image they are slow. The common ones are done here in bulk, by the same rules; the rest goes image by
image. Random numbers come from PyTorch's CPU generator, so that every device gets the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
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
    chosen = (torch.rand(len(planes[0])) < probability).nonzero().flatten().to(planes[0].device)
    # Turning only those that are turned takes three quarters of the time of turning all and choosing.
    return tuple(plane.index_copy(0, chosen, plane.index_select(0, chosen).flip(axis)) for plane in planes)


def _crop(planes: Planes, arguments: Any, kinds: Sequence[str]) -> Planes:
    planes = tuple(_padded(plane, arguments, kind) for plane, kind in zip(planes, kinds, strict=True))
    size = arguments["size"]
    height, width = (size, size) if isinstance(size, int) else (size[0], size[-1])
    count, high, wide, device = len(planes[0]), *planes[0].shape[-2:], planes[0].device
    top = torch.randint(high - height + 1, (count,)).to(device)
    left = torch.randint(wide - width + 1, (count,)).to(device)
    which = torch.arange(count, device=device)
    # All possible crops as a view, of which one for each sample is copied.
    crops = [plane.unfold(-2, height, 1).unfold(-2, width, 1) for plane in planes]
    return tuple(
        each[which, top, left] if kind == "mask" else each[which, :, top, left]
        for each, kind in zip(crops, kinds, strict=True)
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
    drawn = torch.rand(6, count)
    degrees = arguments["degrees"]
    angle = _between(drawn[0], (-degrees, degrees) if isinstance(degrees, int | float) else degrees)
    translate, scale, shear = (arguments.get(key) for key in ("translate", "scale", "shear"))
    if name == "RandomRotation":
        angle = -angle  # RandomRotation turns counter-clockwise, RandomAffine clockwise.
    move = None
    if translate is not None:
        # Whole pixels, as in torchvision.
        limits = torch.tensor(translate)[:, None] * torch.tensor([[width], [height]])
        move = ((2 * drawn[1:3] - 1) * limits).round()
    sizes = _between(drawn[3], scale) if scale is not None else None
    grid = affine_grid((height, width), angle, move, sizes, _shears(drawn[4:], shear), planes[0].device)
    mode, fill = arguments["interpolation"], float(arguments["fill"])
    return tuple(
        _moved_mask(plane, grid) if kind == "mask" else sampled(plane, grid, mode=mode, fill=fill)
        for plane, kind in zip(planes, kinds, strict=True)
    )


def _between(drawn: Tensor, bounds: Sequence[float]) -> Tensor:
    low, high = bounds
    return drawn * (high - low) + low


def _shears(drawn: Tensor, shear: float | Sequence[float] | None) -> tuple[Tensor, Tensor | None] | None:
    """Along x and, where four numbers are given, along y, in degrees."""
    match shear:
        case None:
            return None
        case int() | float():
            return _between(drawn[0], (-shear, shear)), None
        case (low, high):
            return _between(drawn[0], (low, high)), None
    return _between(drawn[0], shear[:2]), _between(drawn[1], shear[2:])


def affine_grid(
    size: tuple[int, int],
    angle: Tensor,
    shift: Tensor | None,
    scale: Tensor | None,
    shear: tuple[Tensor, Tensor | None] | None,
    device: torch.device,
) -> Tensor:
    """For each of N images of this size, turned (degrees, clockwise), sheared (degrees), scaled and shifted
    (pixels, `[2, N]`) about its centre: from where each pixel comes, `[N, H, W, 2]` from -1 to 1.

    A pixel p of the result shows the pixel A⁻¹(p - shift) of the image, for A = scale · R · Sy · Sx in
    coordinates from the centre; so A⁻¹ = Sx⁻¹ · Sy⁻¹ · R⁻¹ / scale.
    """
    height, width = size
    turn = angle * (math.pi / 180)
    cos, sin = turn.cos(), turn.sin()
    x_of_x, x_of_y, y_of_x, y_of_y = cos, sin, -sin, cos
    if shear is not None:
        if shear[1] is not None:
            down = (shear[1] * (math.pi / 180)).tan()
            y_of_x, y_of_y = y_of_x + down * x_of_x, y_of_y + down * x_of_y
        across = (shear[0] * (math.pi / 180)).tan()
        x_of_x, x_of_y = x_of_x + across * y_of_x, x_of_y + across * y_of_y
    inverse = torch.stack([x_of_x, x_of_y, y_of_x, y_of_y], 1).view(-1, 2, 2)
    if scale is not None:
        inverse = inverse / scale[:, None, None]
    # In pixels so far: from -1 to 1 on both sides.
    ratio = torch.tensor([[1.0, height / width], [width / height, 1.0]])
    theta = inverse * ratio
    if shift is None:
        offset = torch.zeros(len(angle), 2, 1)
    else:
        offset = -(inverse @ shift.T[:, :, None]) / torch.tensor([[width / 2], [height / 2]])
    grid = torch.cat([theta, offset], 2).to(device) @ _places(height, width, device)
    return grid.view(-1, 2, height, width).permute(0, 2, 3, 1)


@lru_cache(maxsize=8)
def _places(height: int, width: int, device: torch.device) -> Tensor:
    """The middle of each pixel, x, y and 1: `[3, H * W]`. `F.affine_grid` makes them anew for each batch,
    which takes ten times as long as all the rest."""
    x, y = ((2 * torch.arange(size) + 1) / size - 1 for size in (width, height))
    places = torch.stack([x.repeat(height), y.repeat_interleave(width), torch.ones(height * width)])
    return places.to(device)


def sampled(images: Tensor, grid: Tensor, *, mode: str, fill: float) -> Tensor:
    """The images' pixels at the places of the grid; `fill` where nothing was."""
    if fill:
        return F.grid_sample(images - fill, grid, mode=mode, padding_mode="zeros", align_corners=False) + fill
    return F.grid_sample(images, grid, mode=mode, padding_mode="zeros", align_corners=False)


def _moved_mask(mask: Tensor, grid: Tensor) -> Tensor:
    """Class numbers are not mixed: each pixel is the nearest one's; where nothing was is 0."""
    moved = sampled(mask[:, None].to(torch.float32), grid, mode="nearest", fill=0.0)
    return moved[:, 0].to(mask.dtype)
