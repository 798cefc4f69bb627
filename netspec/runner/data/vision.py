"""The sets of torchvision that are loaded whole: MNIST and its relatives (`idx.py`), CIFAR, SVHN, STL10,
USPS; and FakeData, which is made.

torchvision says of a folder at fault only that it found nothing or that something is corrupted. Here the
file is named.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import datasets

from netspec.runner.data import idx
from netspec.runner.data.dataset import Column, MemorySet, StreamSet
from netspec.runner.data.fake import FakeSamples
from netspec.runner.data.vision_pictures import open_vision_pictures
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts_vision import PICTURES

_FAULTS = (RuntimeError, OSError, ValueError, EOFError, IndexError, UnicodeError, pickle.UnpicklingError)
_CLASSES = {"CIFAR100": 100}


def load_vision(name: str, **arguments: Any) -> MemorySet | StreamSet:
    """One part of a torchvision data set. RunError where a file is missing, truncated or damaged, or where
    it cannot be downloaded."""
    if name in idx.SETS:
        return idx.load_idx(name, **arguments)
    if name in PICTURES:
        return open_vision_pictures(name, **arguments)
    if name == "FakeData":
        return FakeSamples(**arguments)
    if name == "SVHN" and find_spec("scipy") is None:
        raise RunError("SVHN needs the package `scipy`, which is not installed: pip install scipy")
    loaded = _open(name, **arguments)
    images, labels = _tensors(name, loaded)
    classes = _CLASSES.get(name, 10)
    files = tuple(path for path, _ in _files(name, loaded.root, arguments))
    part = arguments.get("split") or ("train" if arguments.get("train", True) else "test")
    return MemorySet(
        name=f"{name} ({part})",
        columns={"image": Column("image"), "label": Column("label", classes=classes, names=_names(loaded))},
        values={"image": images, "label": labels},
        main="image",
        target="label",
        sources={"image": files[0], "label": files[-1]},
        more=files[1:-1],
    )


def _tensors(name: str, loaded: Any) -> tuple[Tensor, Tensor]:
    """Images as uint8 `[M, C, H, W]` and class numbers."""
    labels = loaded.labels if name in ("SVHN", "STL10") else loaded.targets
    images = loaded.data
    if name.startswith("CIFAR"):
        images = images.transpose(0, 3, 1, 2)
    elif name == "USPS":
        images = images[:, None]
    numbers = torch.from_numpy(np.asarray(labels).astype(np.int64))
    return torch.from_numpy(np.ascontiguousarray(images)), numbers


def _names(loaded: Any) -> tuple[str, ...]:
    return tuple(getattr(loaded, "classes", ()))


def _open(name: str, *, root: str = "data", download: bool = False, **arguments: Any) -> Any:
    try:
        return getattr(datasets, name)(root, download=download, **arguments)
    except _FAULTS as error:
        if download:
            what, remedy = "downloaded to", "Check the network, or copy the files there from another machine."
        else:
            what = "read from"
            remedy = (
                f"Give the folder that holds {name} as `root`, or let the recipe fetch it: `download: true`."
            )
        why = _blamed(_files(name, root, arguments)) or error
        raise RunError(f"{name} cannot be {what} the folder {root!r}: {why}\n{remedy}") from error


def _files(name: str, root: str, arguments: dict[str, Any]) -> list[tuple[Path, str]]:
    """The files that a part is read from, with their published MD5; images are in the first, labels in the
    last."""
    made = getattr(datasets, name)
    match name:
        case "SVHN" | "USPS":
            part = arguments.get("split") or ("train" if arguments.get("train", True) else "test")
            _, file, md5 = made.split_list[part]
            return [(Path(root, file), md5)]
        case "STL10":
            listed = made.train_list[:2] if arguments.get("split", "train") == "train" else made.test_list
        case _:
            listed = made.train_list if arguments.get("train", True) else made.test_list
    return [(Path(root, made.base_folder, file), md5) for file, md5 in listed]


def _blamed(files: Iterable[tuple[Path, str]]) -> str | None:
    """The first file that is not the published one, and why; None where all are."""
    for path, md5 in files:
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        except OSError as error:
            return f"{path} cannot be read ({error.strerror})"
        if found != md5:
            size = path.stat().st_size
            return (
                f"{path} is truncated or damaged: its {size:,} bytes have the MD5 {found}, and the published "
                f"file has {md5}; delete it and fetch it again"
            )
    return None
