"""What cannot be expressed as a spec, and where it stands in Python."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_OWN = str(Path(__file__).parent) + os.sep


@dataclass(frozen=True, slots=True)
class Place:
    """A line of someone's Python."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{_importable(self.file)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A submodule that cannot be expressed: its path (empty for the whole), the line, and the reason."""

    path: str
    class_name: str
    place: Place | None
    reason: str

    def __str__(self) -> str:
        where = (
            f"`{self.path}` ({self.class_name})" if self.path else f"the module itself ({self.class_name})"
        )
        return f"{where}: {self.reason}" + (f"\n  at {self.place}" if self.place is not None else "")


class Refusal(Exception):
    """Stops the description of one module; the importer turns it into a `Refused`."""

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def user_frame() -> FrameType | None:
    """The innermost frame that is neither the importer's nor PyTorch's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_internal(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> Place | None:
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def _importable(file: str) -> str:
    """A file's path as seen from where Python imports it, `torchvision/models/resnet.py`."""
    folders = (f"{each.rstrip(os.sep)}{os.sep}" for each in (os.getcwd(), *sys.path) if each)
    return min((file.removeprefix(each) for each in folders), key=len)


def _is_internal(file: str) -> bool:
    return file.startswith((_OWN, _TORCH, "<frozen"))


def _torch_folder() -> str:
    import torch

    return str(Path(torch.__file__).parent) + os.sep


_TORCH = _torch_folder()
