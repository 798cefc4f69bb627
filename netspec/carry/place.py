"""A safe file as a folder: `net.safetensors/blocks.yaml` is the text `blocks.yaml` that it carries."""

from __future__ import annotations

import os

SUFFIX = ".safetensors"


def is_safe_file(path: str) -> bool:
    """Whether a path means a file of weights, by its name."""
    return path.endswith(SUFFIX) and not os.path.isdir(path)


def inside(path: str) -> tuple[str, str] | None:
    """The safe file that a path leads into, and the name of a text in it; None for any other path."""
    plain = path.replace(os.sep, "/")
    start = 0
    while (end := plain.find(f"{SUFFIX}/", start)) >= 0:
        start = end + len(SUFFIX)
        if not os.path.isdir(path[:start]):
            return path[:start], plain[start + 1 :]
    return None


def within(path: str, name: str) -> str:
    """The path of a text that a safe file carries."""
    return f"{path}/{name}"
