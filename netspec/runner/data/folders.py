"""Folders of pictures: `ImageFolder` (a folder for each class), and images with masks of the same names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from netspec.runner.data.dataset import IGNORED, Column
from netspec.runner.data.picture_files import SUFFIXES, read_image, read_mask
from netspec.runner.errors import RunError


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """Pictures below `root`, in one folder for each class; the classes are the folders' names, sorted."""

    root: str
    pictures: tuple[str, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    main: str = "image"
    target: str = "label"

    @property
    def name(self) -> str:
        return f"ImageFolder ({self.root})"

    @property
    def columns(self) -> Mapping[str, Column]:
        return {
            "image": Column("image"),
            "label": Column("label", classes=len(self.classes), names=self.classes),
        }

    @property
    def files(self) -> tuple[Path, ...]:
        return (Path(self.root),)

    def __len__(self) -> int:
        return len(self.pictures)

    def place(self, column: str, index: int) -> str:
        return os.path.join(self.root, self.pictures[index])

    def read(self, index: int) -> dict[str, Tensor]:
        return {"image": read_image(self.place("image", index)), "label": torch.tensor(self.labels[index])}


def open_class_folders(*, root: str, allow_empty: bool = False) -> ClassFolders:
    """RunError where there is no folder, no class, or (unless `allow_empty`) a class without pictures."""
    folders = [entry for entry in _entries(root) if entry.is_dir()]
    if not folders:
        raise RunError(f"{root} has no folders, and each class needs one: {root}/CLASS/PICTURE")
    pictures: list[str] = []
    labels: list[int] = []
    for number, folder in enumerate(folders):
        found = pictures_below(Path(folder.path))
        if not found and not allow_empty:
            raise RunError(
                f"{folder.path} has no pictures ({', '.join(SUFFIXES)}): add some, remove the folder, or "
                "write `allow_empty: true`"
            )
        pictures += [os.path.relpath(path, root) for path in found]
        labels += [number] * len(found)
    if not pictures:
        raise RunError(f"there are no pictures in {root}")
    return ClassFolders(root, tuple(pictures), tuple(labels), tuple(folder.name for folder in folders))


@dataclass(frozen=True, slots=True)
class ImageMasks:
    """Pictures in `root/images`, and for each a mask of the same name in `root/masks`."""

    root: str
    images: tuple[str, ...]
    masks: tuple[str, ...]
    classes: int
    ignore: int | None
    main: str = "image"
    target: str = "mask"

    @property
    def name(self) -> str:
        return f"ImageMasks ({self.root})"

    @property
    def columns(self) -> Mapping[str, Column]:
        return {"image": Column("image"), "mask": Column("mask", classes=self.classes)}

    @property
    def files(self) -> tuple[Path, ...]:
        return (Path(self.root, "images"), Path(self.root, "masks"))

    def __len__(self) -> int:
        return len(self.images)

    def place(self, column: str, index: int) -> str:
        return self.masks[index] if column == "mask" else self.images[index]

    def read(self, index: int) -> dict[str, Tensor]:
        image, mask = read_image(self.images[index]), read_mask(self.masks[index])
        if image.shape[1:] != mask.shape:
            high, wide = image.shape[1:]
            raise RunError(
                f"{self.masks[index]} has {mask.shape[1]} x {mask.shape[0]} pixels, but its image has "
                f"{wide} x {high}: a mask has a pixel for each of its image's"
            )
        return {"image": image, "mask": self._numbered(mask, index)}

    def _numbered(self, mask: Tensor, index: int) -> Tensor:
        if self.ignore is not None:
            return mask.masked_fill(mask == self.ignore, IGNORED)
        white = mask == IGNORED
        if self.classes == 2:
            # Drawing programs have black and white.
            return mask.masked_fill(white, 1)
        if bool(white.any()):
            raise RunError(
                f"{self.masks[index]} holds {IGNORED}, but {self.name} has {self.classes} classes: write "
                f"`ignore: {IGNORED}` if such pixels are not to be judged"
            )
        return mask


def open_image_masks(*, root: str, classes: int, ignore: int | None = None) -> ImageMasks:
    """RunError where a folder is missing or empty, or an image has no mask, or a mask no image."""
    images, masks = (
        {Path(p).stem: p for p in pictures_below(Path(root, part))} for part in ("images", "masks")
    )
    for found, others, part in ((images, masks, "mask"), (masks, images, "image")):
        alone = [path for stem, path in found.items() if stem not in others]
        if alone:
            raise RunError(f"{alone[0]} has no {part}: put one of the same name into {Path(root, part)}s")
    if not images:
        raise RunError(f"there are no pictures in {Path(root, 'images')}")
    stems = sorted(images)
    return ImageMasks(
        root, tuple(images[stem] for stem in stems), tuple(masks[stem] for stem in stems), classes, ignore
    )


def pictures_below(folder: Path) -> list[str]:
    """The pictures below a folder, sorted."""
    found = (
        os.path.join(place, name)
        for place, _, names in os.walk(_checked(folder), followlinks=True)
        for name in names
        if name.lower().endswith(SUFFIXES)
    )
    return sorted(found)


def _entries(root: str) -> list[os.DirEntry[str]]:
    return sorted(os.scandir(_checked(Path(root))), key=lambda entry: entry.name)


def _checked(folder: Path) -> Path:
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise RunError(f"{folder} {what}: paths of data start where netspec is called")
    return folder
