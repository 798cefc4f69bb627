"""MNIST and its relatives (FashionMNIST, KMNIST, EMNIST, QMNIST): files in the IDX format.

torchvision checks hashes when it downloads, but not what lies extracted on the disk: a truncated file
fails there in the middle of a reshape, and a flipped bit not at all. Here each file is looked at first.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision import datasets

from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.errors import RunError

SETS = ("MNIST", "FashionMNIST", "KMNIST", "EMNIST", "QMNIST")
_BYTES, _INTEGERS = 0x08, 0x0C
_SIZES = {_BYTES: 1, _INTEGERS: 4}
_QMNIST_PART = {"test10k": "test", "test50k": "test"}


def load_idx(
    name: str,
    *,
    root: str = "data",
    train: bool = True,
    download: bool = False,
    split: str | None = None,
    what: str | None = None,
) -> MemorySet:
    """One part of a set of this family below the folder `root`; `split` is EMNIST's, `what` QMNIST's.
    RunError where a file is missing, truncated or damaged, or where it cannot be downloaded."""
    own = {"EMNIST": {"split": split}, "QMNIST": {"what": what}}.get(name, {})
    folder = Path(root, name, "raw")
    images, labels = _files(name, folder, train, split, what)
    if folder.is_dir() or not download:
        check_idx_files(images, labels)
        _check_published(name, images, labels)
    loaded = _open(name, root, train=train, download=download, **own)
    targets = loaded.targets[:, 0] if name == "QMNIST" else loaded.targets
    classes = tuple(map(str, loaded.classes))
    return MemorySet(
        name=f"{name} ({_part(train, split, what)})",
        columns={"image": Column("image"), "label": Column("label", classes=len(classes), names=classes)},
        values={"image": loaded.data.unsqueeze(1), "label": targets.to(torch.int64)},
        main="image",
        target="label",
        sources={"image": images, "label": labels},
    )


def _part(train: bool, split: str | None, what: str | None) -> str:
    return what or ", ".join(filter(None, (split, "train" if train else "test")))


def _files(name: str, folder: Path, train: bool, split: str | None, what: str | None) -> tuple[Path, Path]:
    """The files of the images and of the labels."""
    part = "train" if train else "test"
    match name:
        case "QMNIST":
            chosen = what or part
            stem = "xnist" if chosen == "nist" else f"qmnist-{_QMNIST_PART.get(chosen, chosen)}"
            return folder / f"{stem}-images-idx3-ubyte", folder / f"{stem}-labels-idx2-int"
        case "EMNIST":
            stem = f"emnist-{split}-{part}"
        case _:
            stem = "train" if train else "t10k"
    return folder / f"{stem}-images-idx3-ubyte", folder / f"{stem}-labels-idx1-ubyte"


def _open(name: str, root: str, *, download: bool, **arguments: Any) -> Any:
    try:
        return getattr(datasets, name)(root, download=download, **arguments)
    except (RuntimeError, OSError) as error:
        raise RunError(
            f"{name} cannot be downloaded to the folder {root!r}: {error}\n"
            "Check the network, or copy the files there from another machine."
        ) from error


def check_idx_files(images: Path, labels: Path) -> None:
    """The two files of a set: each there, as long as its own header says, and of as many items."""
    kinds = (_INTEGERS, 2) if labels.name.endswith("-int") else (_BYTES, 1)
    counts = {images.name: _check_idx(images, _BYTES, 3), labels.name: _check_idx(labels, *kinds)}
    if len(set(counts.values())) > 1:
        listed = " and ".join(f"{name} holds {count}" for name, count in counts.items())
        raise RunError(f"the files in {images.parent} do not belong together: {listed}; fetch both again")


def _check_idx(path: Path, kind: int, rank: int) -> int:
    """The number of items of an IDX file: the magic number 256 · kind + rank, then the sizes, all
    big-endian 32-bit (the format is described at the foot of the MNIST database's page)."""
    again = "delete it and fetch it again (`download: true`)"
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(4 * (rank + 1))
    except OSError as error:
        raise RunError(
            f"{path} cannot be read ({error.strerror}); give the folder above `{path.parent.parent.name}` as "
            "`root`, or let the recipe fetch the files: `download: true`"
        ) from None
    if len(header) < 4 * (rank + 1) or struct.unpack(">I", header[:4])[0] != 256 * kind + rank:
        raise RunError(f"{path} is no IDX file of rank {rank}: {again}")
    sizes: tuple[int, ...] = struct.unpack(f">{rank}I", header[4:])
    expected = len(header) + int(np.prod(sizes, dtype=np.int64)) * _SIZES[kind]
    if size != expected:
        raise RunError(
            f"{path} has {size:,} bytes, but its header promises {expected:,}: it is truncated or damaged; "
            f"{again}"
        )
    if not sizes[0]:
        raise RunError(f"{path} holds no items: {again}")
    return sizes[0]


def _check_published(name: str, *files: Path) -> None:
    """Where the published archive lies beside a file, as torchvision leaves it, the file must be what is in
    it: the CRC-32 at the archive's end tells. RunError where it is not."""
    listed = getattr(datasets, name).__dict__.get("resources")
    known = {os.path.basename(file): md5 for file, md5 in listed} if isinstance(listed, list) else {}
    for path in files:
        archive = path.with_name(f"{path.name}.gz")
        if archive.name not in known or not archive.is_file():
            continue
        packed = archive.read_bytes()
        if hashlib.md5(packed, usedforsecurity=False).hexdigest() != known[archive.name]:
            continue
        (checksum,) = struct.unpack("<I", packed[-8:-4])
        if zlib.crc32(path.read_bytes()) != checksum:
            raise RunError(
                f"{path} is damaged: it is not what the published {archive.name} beside it holds; delete it, "
                "and unpack that again"
            )
