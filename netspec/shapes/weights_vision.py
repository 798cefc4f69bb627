"""The parameters and buffers of `torchvision.ops` modules that are not made of others (see `parts`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.shapes.owned import OwnedTensor, Settings, buffer, parameter, quotient, size, sizes


def frozen_batch_norm(settings: Settings) -> tuple[OwnedTensor, ...]:
    """Statistics and affine parameters alike are buffers, and no batches are counted."""
    features = size(settings, "num_features")
    return tuple(buffer(name, features) for name in ("weight", "bias", "running_mean", "running_var"))


def deformable(settings: Settings) -> tuple[OwnedTensor, ...]:
    """As an ordinary convolution; the offsets are an input."""
    after = size(settings, "out_channels")
    before = quotient(size(settings, "in_channels"), size(settings, "groups"))
    weight = parameter("weight", after, before, *sizes(settings["kernel_size"], 2))
    return (weight, parameter("bias", after)) if settings["bias"] else (weight,)


OWNERS: dict[str, Callable[[Any], tuple[OwnedTensor, ...]]] = {
    "FrozenBatchNorm2d": frozen_batch_norm,
    "DeformConv2d": deformable,
}
