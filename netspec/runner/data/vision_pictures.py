"""The sets of torchvision that are folders of pictures with lists of their own: Food101, GTSRB and others.

torchvision reads the lists and says which picture has which class; each picture is then read by its path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision import datasets

from netspec.runner.data.dataset import Column
from netspec.runner.data.picture_files import read_image
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts_vision import PICTURES

_FAULTS = (RuntimeError, OSError, ValueError, KeyError, UnicodeError)


@dataclass(frozen=True, slots=True)
class VisionPictures:
    """Pictures by path, each with a class number."""

    name: str
    root: str
    paths: tuple[str, ...]
    labels: tuple[int, ...]
    classes: int
    names: tuple[str, ...]
    main: str = "image"
    target: str = "label"

    @property
    def columns(self) -> Mapping[str, Column]:
        return {"image": Column("image"), "label": Column("label", classes=self.classes, names=self.names)}

    @property
    def files(self) -> tuple[Path, ...]:
        return (Path(self.root),)

    def __len__(self) -> int:
        return len(self.paths)

    def place(self, column: str, index: int) -> str:
        return self.paths[index]

    def read(self, index: int) -> dict[str, Tensor]:
        return {"image": read_image(self.paths[index]), "label": torch.tensor(self.labels[index])}


def open_vision_pictures(
    name: str, *, root: str = "data", download: bool = False, **arguments: Any
) -> VisionPictures:
    """RunError where the set is not below `root`, or its lists cannot be read."""
    try:
        opened = getattr(datasets, name)(root, download=download, **arguments)
    except _FAULTS as error:
        raise RunError(
            f"{name} cannot be read from the folder {root!r}: {error}\n"
            f"Give the folder that holds {name} as `root`, or let the recipe fetch it: `download: true`."
        ) from error
    paths, labels = _listed(opened)
    if not paths:
        raise RunError(f"{name} has no pictures in the folder {root!r}")
    part = f"{name} ({arguments['split']})" if "split" in arguments else name
    names = tuple(each if isinstance(each, str) else each[0] for each in getattr(opened, "classes", ()))
    return VisionPictures(part, root, paths, labels, PICTURES[name], names)


def _listed(opened: Any) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The pictures and their class numbers; each of the classes keeps them under one of these names."""
    pairs = getattr(opened, "samples", None) or getattr(opened, "_samples", None)
    if pairs is not None:
        return tuple(str(path) for path, _ in pairs), tuple(int(label) for _, label in pairs)
    paths = getattr(opened, "_image_files", None) or opened._images
    return tuple(map(str, paths)), tuple(map(int, opened._labels))
