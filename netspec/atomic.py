"""A file is replaced whole, or stays as it was: written under another name, flushed, and renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from typing import TypeAlias

Part: TypeAlias = "bytes | bytearray | memoryview"


def replace_whole(path: str | os.PathLike[str], parts: Iterable[Part]) -> None:
    """Write the parts, one after the other, as the new content of a file. OSError where the disk refuses;
    what stood there before is then still whole."""
    folder, name = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        _open_to_readers(temporary, path)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _flush_folder(folder)


def _open_to_readers(temporary: str, path: str | os.PathLike[str]) -> None:
    """A temporary file is its owner's alone; give it the mode of the file before, or that of a new one."""
    try:
        mode = os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    os.chmod(temporary, mode)


def _flush_folder(folder: str) -> None:
    """Make the rename itself last; Windows cannot open folders and needs no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
