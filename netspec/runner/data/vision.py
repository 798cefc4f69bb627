"""Data sets of torchvision (MNIST and its relatives, CIFAR), loaded whole into memory.

torchvision checks hashes when it downloads, but not what lies extracted on the disk: a truncated MNIST
file fails there in the middle of a reshape, and a folder without files says only that it found none.
Here each file is looked at first, and an error names it.
"""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision import datasets

from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.errors import RunError

_IDX = ("MNIST", "FashionMNIST", "KMNIST")
_CIFAR = {"CIFAR10": 10, "CIFAR100": 100}


def load_vision(name: str, *, root: str = "data", train: bool = True, download: bool = False) -> MemorySet:
    """One part of a torchvision data set below the folder `root`. RunError where a file is missing,
    truncated or damaged, or where it cannot be downloaded."""
    folder = Path(root, name, "raw")
    if name in _IDX and (folder.is_dir() or not download):
        check_idx_files(folder, train=train)
    loaded = _open(name, root, train, download)
    if name in _IDX:
        images, labels = loaded.data.unsqueeze(1), loaded.targets.to(torch.int64)
        sources = dict(zip(("image", "label"), idx_files(folder, train), strict=True))
    else:
        images = torch.from_numpy(np.ascontiguousarray(loaded.data.transpose(0, 3, 1, 2)))
        labels = torch.tensor(loaded.targets)
        sources = dict.fromkeys(("image", "label"), Path(root, loaded.base_folder))
    classes = _CIFAR.get(name, 10)
    return MemorySet(
        name=f"{name} ({'train' if train else 'test'})",
        columns={"image": Column("image"), "label": Column("label", classes=classes)},
        values={"image": images, "label": labels},
        main="image",
        target="label",
        sources=sources,
    )


def _open(name: str, root: str, train: bool, download: bool) -> Any:
    try:
        return getattr(datasets, name)(root, train=train, download=download)
    except (RuntimeError, OSError, ValueError, EOFError, pickle.UnpicklingError) as error:
        if download:
            what, remedy = "downloaded to", "Check the network, or copy the files there from another machine."
        else:
            what = "read from"
            remedy = (
                f"Give the folder that holds {name} as `root`, or let the recipe fetch it: `download: true`."
            )
        raise RunError(f"{name} cannot be {what} the folder {root!r}: {error}\n{remedy}") from error


def idx_files(folder: Path, train: bool) -> tuple[Path, Path]:
    """The files of the images and of the labels."""
    part = "train" if train else "t10k"
    return folder / f"{part}-images-idx3-ubyte", folder / f"{part}-labels-idx1-ubyte"


def check_idx_files(folder: Path, *, train: bool) -> None:
    """The files of one part of an MNIST-like set: each there, and as long as its own header says."""
    counts = {
        path.name: _check_idx(path, rank) for path, rank in zip(idx_files(folder, train), (3, 1), strict=True)
    }
    if len(set(counts.values())) > 1:
        listed = " and ".join(f"{name} holds {count}" for name, count in counts.items())
        raise RunError(f"the files in {folder} do not belong together: {listed}; fetch both again")


def _check_idx(path: Path, rank: int) -> int:
    """The number of items of an IDX file of bytes: magic number 0x0800 + rank, then the sizes, all
    big-endian 32-bit (the format is described at the foot of the MNIST database's page)."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(4 * (rank + 1))
    except OSError as error:
        raise RunError(
            f"{path} cannot be read ({error.strerror}); give the folder above `{path.parent.parent.name}` as "
            "`root`, or let the recipe fetch the files: `download: true`"
        ) from None
    if len(header) < 4 * (rank + 1) or struct.unpack(">I", header[:4])[0] != 0x0800 + rank:
        raise RunError(
            f"{path} is no IDX file of rank {rank}: delete it and fetch it again (`download: true`)"
        )
    sizes: tuple[int, ...] = struct.unpack(f">{rank}I", header[4:])
    expected = len(header) + int(np.prod(sizes, dtype=np.int64))
    if size != expected:
        raise RunError(
            f"{path} has {size:,} bytes, but its header promises {expected:,}: it is truncated or damaged; "
            "delete it and fetch it again (`download: true`)"
        )
    return sizes[0]
