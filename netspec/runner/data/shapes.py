"""Pictures that are made, not read: an ellipse or a rectangle in each, with its mask and its place.

A set for trying out segmentation and regression where there are no files. Every number is a hash of
(seed, split, sample, which number), so that a set is the same on every machine and in every version.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from netspec.runner.data.dataset import Column, MemorySet

KINDS = ("ellipse", "rectangle")
_Array: TypeAlias = npt.NDArray[Any]


def load_shapes(
    *, split: Literal["train", "test"], count: int = 1000, size: int = 32, seed: int = 0
) -> MemorySet:
    """`count` pictures of `size` x `size` pixels. Columns: `image`; `mask` (0 where nothing is, 1 in an
    ellipse, 2 in a rectangle); `label` (0 ellipse, 1 rectangle); `box` (its centre's x and y, its width and
    its height, as shares of the picture)."""
    numbers = _uniform(seed, split, count, 11)
    label = (numbers[:, 0] < 0.5).astype(np.int64)
    # Every shape lies in its picture whole.
    box = np.concatenate([0.3 + 0.4 * numbers[:, 1:3], 0.25 + 0.35 * numbers[:, 3:5]], 1)
    inside = _inside(label, box, size)
    mask = np.where(inside, label[:, None, None] + 1, 0).astype(np.uint8)
    return MemorySet(
        name=f"Shapes ({split})",
        columns={
            "image": Column("image"),
            "mask": Column("mask", classes=3, names=("nothing", *KINDS)),
            "label": Column("label", classes=2, names=KINDS),
            "box": Column("value"),
        },
        values={
            "image": torch.from_numpy(_images(inside, numbers[:, 5:], _noise(seed, split, count, size))),
            "mask": torch.from_numpy(mask),
            "label": torch.from_numpy(label),
            "box": torch.from_numpy(box.astype(np.float32)),
        },
        main="image",
        target="mask",
    )


def _inside(label: _Array, box: _Array, size: int) -> _Array:
    """Whether the middle of each pixel lies in the shape: `[M, size, size]`."""
    middle = (np.arange(size) + 0.5) / size
    x, y, width, height = (each[:, None, None] for each in box.T)
    across = np.abs(middle[None, None, :] - x) / (width / 2)
    down = np.abs(middle[None, :, None] - y) / (height / 2)
    ellipse = across**2 + down**2 <= 1
    rectangle = np.maximum(across, down) <= 1
    inside: _Array = np.where(label[:, None, None] == 0, ellipse, rectangle)
    return inside


def _images(inside: _Array, colours: _Array, noise: _Array) -> _Array:
    """A bright colour on a dark one, with noise: `[M, 3, size, size]`."""
    bright, dark = 0.55 + 0.35 * colours[:, :3], 0.1 + 0.35 * colours[:, 3:]
    chosen = np.where(inside[:, None], bright[:, :, None, None], dark[:, :, None, None])
    return np.round((chosen + 0.2 * (noise - 0.5)) * 255).astype(np.uint8)


def _noise(seed: int, split: str, count: int, size: int) -> _Array:
    return _uniform(seed, f"{split} noise", count, 3 * size * size).reshape(count, 3, size, size)


def _uniform(seed: int, purpose: str, count: int, each: int) -> _Array:
    """`[count, each]` numbers from 0 to 1. The mixing is that of SplitMix64 (Steele, Lea and Flood, Fast
    Splittable Pseudorandom Number Generators, 2014)."""
    start = np.array([seed & 0xFFFFFFFFFFFFFFFF], np.uint64)
    for byte in purpose.encode():
        start = _mixed(start ^ np.uint64(byte))
    samples = _mixed(start + np.arange(count, dtype=np.uint64))
    mixed = _mixed(samples[:, None] + np.arange(1, each + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    uniform: _Array = (mixed >> np.uint64(11)) * 2.0**-53
    return uniform


def _mixed(value: _Array) -> _Array:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: _Array = value ^ (value >> np.uint64(31))
    return mixed
