"""The embedded digits: 1,797 handwritten digits of 8 x 8 pixels, from `digits.npz` (see README.md beside it).

The file keeps the order of its source, in which each writer's form is one stretch: the sequence of
labels repeats with every form, and there are fourteen. Held out are the last three forms, so that no
form is in both parts; a random split would test on the very hands that it trained on.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.errors import RunError

PATH = Path(__file__).with_name("digits.npz")
SHA256 = "6a6432310fd6e1be5ff3b45259efbbb2c8e76103c5f64f64b4d80f530315b5c6"
COUNT = 1797
# Where the eleventh of the fourteen forms ends: 1,415 images before, 382 from here on.
FIRST_HELD_OUT = 1415


def load_digits(
    *, split: Literal["train", "test"], by: Literal["form", "random"] = "form", path: Path = PATH
) -> MemorySet:
    """One part of the digits. `by` says how the parts are told apart: by form (default), or by a fixed
    random order, with as many images in each. RunError where the file is not the one that was shipped."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}): install netspec again") from None
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise RunError(
            f"{path} is damaged: its SHA-256 is not the one it was shipped with; install netspec again"
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    chosen = _indices(by)[:FIRST_HELD_OUT] if split == "train" else _indices(by)[FIRST_HELD_OUT:]
    return MemorySet(
        name=f"Digits ({split})",
        columns={"image": Column("image", white=16), "label": Column("label", classes=10)},
        values={
            "image": torch.from_numpy(images[chosen]).unsqueeze(1),
            "label": torch.from_numpy(labels[chosen].astype(np.int64)),
        },
        main="image",
        target="label",
    )


def _indices(by: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if by == "form":
        return np.arange(COUNT)
    # Sorting hashes gives one order for every version of every random generator.
    keys = [hashlib.sha256(index.to_bytes(4, "little")).digest() for index in range(COUNT)]
    return np.array(sorted(range(COUNT), key=keys.__getitem__))
