"""A data set in memory: all images as one tensor, as they are stored, and a class number for each.

>>> import torch
>>> digits = ImageSet("two zeros", torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.tensor([0, 0]), 16, 10)
>>> len(digits), digits.images.dtype
(2, torch.uint8)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ImageSet:
    """`images`: uint8 `[M, C, H, W]`; `white`: the value that becomes 1.0 (255, or 16 for the digits);
    `labels`: int64 `[M]`, each in `range(classes)`."""

    name: str
    images: Tensor
    labels: Tensor
    white: int
    classes: int

    def __len__(self) -> int:
        return len(self.labels)

    def scaled(self) -> Tensor:
        """The images as float32 from 0 to 1."""
        return self.images.to(torch.float32).div_(self.white)
