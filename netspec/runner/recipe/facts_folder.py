"""Facts of folders of pictures: one for each class, as `ImageFolder` reads them, or pictures with masks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from netspec.runner.recipe.facts import ColumnFacts, Damaged, SetFacts, pictures
from netspec.runner.recipe.records import Component

# Those that torchvision's own list has.
EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# Counting more of them takes longer than checking should.
_SHAPE = (3, None, None)
_MOST = 200_000


def class_names(root: Path) -> tuple[str, ...]:
    """The folders below `root`, in order: their places are the class numbers."""
    return tuple(sorted(entry.name for entry in os.scandir(root) if entry.is_dir()))


def folder_facts(data: Component) -> SetFacts:
    """The pictures come in colour, each in its own size; of a folder that is not here, no more is known."""
    root = Path(data.arguments["root"])
    if not root.is_dir():
        return pictures(_SHAPE, None, None)
    names = class_names(root)
    if not names:
        raise Damaged(
            f"`{root}` has no folders, and each class is one",
            "give the folder above those of the classes",
            "root",
        )
    count = 0
    for name in names:
        inside = 0
        for inside, _ in enumerate(_images(root / name), start=1):
            if count + inside > _MOST:
                return pictures(_SHAPE, len(names), None)
        if inside == 0 and not data.arguments["allow_empty"]:
            raise Damaged(
                f"`{root / name}` holds no picture, though each folder in `{root}` is a class",
                f"remove the folder, or put pictures in; these are known: {' '.join(EXTENSIONS)}",
                "root",
            )
        count += inside
    return pictures(_SHAPE, len(names), count)


def mask_facts(data: Component) -> SetFacts:
    """Pictures with a mask for each."""
    root, classes = Path(data.arguments["root"]), data.arguments["classes"]
    columns = {
        "image": ColumnFacts("image", _SHAPE),
        "mask": ColumnFacts("mask", _SHAPE[1:], classes),
    }
    count = None
    if root.is_dir():
        counts = {part: sum(1 for _ in _images(root / part)) for part in ("images", "masks")}
        if len(set(counts.values())) > 1 or not counts["images"]:
            raise Damaged(
                f"`{root}` holds {counts['images']} pictures in `images`, and {counts['masks']} in `masks`",
                "put a mask for each picture into `masks`, under its name",
                "root",
            )
        count = counts["images"]
    return SetFacts(columns, "image", "mask", count)


def _images(folder: Path) -> Iterator[str]:
    for _, _, files in os.walk(folder, followlinks=True):
        yield from (name for name in files if name.lower().endswith(EXTENSIONS))
