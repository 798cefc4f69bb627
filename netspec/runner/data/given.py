"""Pictures without targets, as someone gives them to be predicted: files, and folders of files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from netspec.runner.data.dataset import Column
from netspec.runner.data.folders import pictures_below
from netspec.runner.data.picture_files import SUFFIXES, read_image
from netspec.runner.data.stream import StreamBatches, prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.records import Component


@dataclass(frozen=True, slots=True)
class GivenPictures:
    """Pictures by path, as images of one channel (grey) or three (colour)."""

    paths: tuple[str, ...]
    channels: int
    name: str = "pictures"
    main: str = "image"
    target: str = "image"

    @property
    def columns(self) -> Mapping[str, Column]:
        return {"image": Column("image")}

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(map(Path, self.paths))

    def __len__(self) -> int:
        return len(self.paths)

    def place(self, column: str, index: int) -> str:
        return self.paths[index]

    def read(self, index: int) -> dict[str, Tensor]:
        return {"image": read_image(self.paths[index], grey=self.channels == 1)}


def open_pictures(
    paths: Sequence[str | os.PathLike[str]],
    *,
    channels: int,
    transform: Sequence[Component],
    device: torch.device,
    workers: int = 0,
) -> StreamBatches:
    """The pictures, and those below folders, in the order given, prepared by a recipe's `transform`.
    `channels` are those of the images that the network was trained on, before it. RunError where a path is
    not there, or a folder has no pictures; a picture that cannot be read is named when its batch is made."""
    found = tuple(picture for path in paths for picture in _pictures(os.fspath(path)))
    if channels not in (1, 3):
        raise RunError(f"pictures are grey or in colour, and the network was trained on {channels} channels")
    use = Use(("image",), (), tuple(transform))
    return prepare_stream(GivenPictures(found, channels), use, device, workers=workers)


def _pictures(path: str) -> list[str]:
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise RunError(f"{path} does not exist")
        return [path]
    found = pictures_below(Path(path))
    if not found:
        raise RunError(f"there are no pictures in {path}; these are known: {', '.join(SUFFIXES)}")
    return found
