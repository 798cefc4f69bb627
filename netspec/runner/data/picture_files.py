"""Picture files -> tensors of bytes. A file that cannot be read is named."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netspec.runner.errors import RunError

SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# What decoders raise of damaged files.
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def read_image(path: str, *, grey: bool = False) -> Tensor:
    """A picture as uint8 `[3, H, W]`: red, green, blue; or `[1, H, W]`. RunError, with the file, where it is
    damaged."""
    return from_pil(_decoded(path, "L" if grey else "RGB"))


def read_mask(path: str) -> Tensor:
    """A mask as uint8 `[H, W]`: the numbers of its palette, or its shades of grey. RunError where it is
    damaged or in colour."""
    picture = _decoded(path, None)
    if picture.mode not in ("1", "L", "P"):
        raise RunError(
            f"{path} is no mask: its pixels are {picture.mode}, and those of a mask are numbers from 0 to "
            "255; save it in grey, or with a palette"
        )
    return torch.from_numpy(np.array(picture).astype(np.uint8))


def from_pil(picture: Any) -> Tensor:
    """A decoded picture, grey or in colour, as uint8 `[C, H, W]`."""
    pixels = torch.from_numpy(np.array(picture))
    return pixels[None] if pixels.dim() == 2 else pixels.permute(2, 0, 1).contiguous()


def _decoded(path: str, mode: str | None) -> Image.Image:
    try:
        with Image.open(path) as file:
            if mode is not None:
                return file.convert(mode)
            file.load()
            return file.copy()
    except _FAULTS as error:
        raise RunError(f"{_why(path, error)}: mend it, or take it out of the folder") from None


def _why(path: str, error: BaseException) -> str:
    try:
        with open(path, "rb") as file:
            if not file.read(1):
                return f"{path} is empty"
    except OSError as unreadable:
        return f"{path} cannot be read ({unreadable.strerror})"
    said = "it is of no known kind" if type(error).__name__ == "UnidentifiedImageError" else error
    return f"{path} cannot be decoded ({said})"
