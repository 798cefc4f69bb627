"""Seeds for everything random, derived from the recipe's one seed.

The order of the images and what happens in an epoch (augmentation, dropout) are functions of the seed
and the epoch's number alone: no run depends on what random numbers were drawn before it.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derived(seed: int, purpose: str, epoch: int = 0) -> int:
    """A seed of 63 bits for one purpose in one epoch."""
    digest = hashlib.sha256(f"{seed} {purpose} {epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def order(seed: int, epoch: int, count: int) -> Tensor:
    """The order in which an epoch goes through `count` images: int64 `[count]`, on the CPU."""
    generator = torch.Generator().manual_seed(derived(seed, "order", epoch))
    return torch.randperm(count, generator=generator)
