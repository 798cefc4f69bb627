"""Files that are whole or, after a crash or on a full disk, still what they were.

A file is written under another name, flushed, and renamed over the old one; then its folder is flushed,
so that the rename itself lasts. What hides the old file is one rename, which a crash cannot cut in two.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a text file durably. OSError where the disk refuses; the old file is then still whole."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """The same for bytes."""
    os.replace(write_beside(path, data), path)
    flush_folder(path.parent)


def write_beside(path: Path, data: bytes) -> Path:
    """Write and flush `data` under a temporary name in the folder of `path`; the name."""
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def flush_folder(folder: Path) -> None:
    """Make renames in a folder last; Windows cannot open folders and needs no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
