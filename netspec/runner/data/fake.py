"""torchvision's FakeData: random pictures with random labels, for trying out whether a recipe runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import FakeData

from netspec.runner.data.dataset import Column
from netspec.runner.data.picture_files import from_pil
from netspec.runner.errors import RunError


class FakeSamples:
    """The samples of `FakeData` with these arguments, made one by one."""

    name = "FakeData"
    main = "image"
    target = "label"
    files: tuple[Path, ...] = ()

    def __init__(
        self,
        *,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        random_offset: int = 0,
    ) -> None:
        if image_size[0] not in (1, 2, 3, 4):
            raise RunError(f"FakeData makes pictures of 1 to 4 channels, not {image_size[0]}")
        self._made = FakeData(size, tuple(image_size), num_classes, random_offset=random_offset)
        self._classes = num_classes

    @property
    def columns(self) -> Mapping[str, Column]:
        return {"image": Column("image"), "label": Column("label", classes=self._classes)}

    def __len__(self) -> int:
        return len(self._made)

    def place(self, column: str, index: int) -> str:
        return f"sample {index} of FakeData"

    def read(self, index: int) -> dict[str, Tensor]:
        picture, label = self._made[index]
        return {"image": from_pil(picture), "label": torch.as_tensor(label, dtype=torch.int64)}
