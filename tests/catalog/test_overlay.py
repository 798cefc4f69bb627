"""PyTorch refuses what lies outside the ranges of the overlay, and takes their ends."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from netspec.catalog.load import ops
from netspec.catalog.model import Param

pytestmark = pytest.mark.torch

# One call of each class that has ranges: constructor arguments, and the shape of the input.
CALLS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "Conv1d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8)),
    "Conv2d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8)),
    "Conv3d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8, 8)),
    "ConvTranspose1d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8)),
    "ConvTranspose2d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8)),
    "ConvTranspose3d": ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8, 8)),
    "LazyConv2d": ({"out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8)),
    "LazyConvTranspose2d": ({"out_channels": 4, "kernel_size": 3}, (2, 4, 8, 8)),
    "AvgPool1d": ({"kernel_size": 2}, (2, 4, 8)),
    "AvgPool2d": ({"kernel_size": 2}, (2, 4, 8, 8)),
    "AvgPool3d": ({"kernel_size": 2}, (2, 4, 8, 8, 8)),
    "MaxPool1d": ({"kernel_size": 3}, (2, 4, 8)),
    "MaxPool2d": ({"kernel_size": 3}, (2, 4, 8, 8)),
    "MaxPool3d": ({"kernel_size": 3}, (2, 4, 8, 8, 8)),
    "LPPool1d": ({"norm_type": 2.0, "kernel_size": 3}, (2, 4, 8)),
    "LPPool2d": ({"norm_type": 2.0, "kernel_size": 3}, (2, 4, 8, 8)),
    "FractionalMaxPool2d": ({"kernel_size": 2, "output_ratio": 0.5}, (2, 4, 8, 8)),
    "Unfold": ({"kernel_size": 3}, (2, 4, 8, 8)),
    "Fold": ({"output_size": 6, "kernel_size": 3}, (2, 36, 16)),
    "AdaptiveAvgPool1d": ({"output_size": 2}, (2, 4, 8)),
    "AdaptiveAvgPool2d": ({"output_size": 2}, (2, 4, 8, 8)),
    "AdaptiveMaxPool2d": ({"output_size": 2}, (2, 4, 8, 8)),
    "BatchNorm1d": ({"num_features": 4}, (2, 4, 8)),
    "BatchNorm2d": ({"num_features": 4}, (2, 4, 8, 8)),
    "GroupNorm": ({"num_groups": 2, "num_channels": 4}, (2, 4, 8)),
    "Linear": ({"in_features": 4, "out_features": 4}, (2, 4)),
    "LazyLinear": ({"out_features": 4}, (2, 4)),
    "PReLU": ({"num_parameters": 4}, (2, 4)),
    "RNN": ({"input_size": 4, "hidden_size": 4, "num_layers": 2}, (2, 3, 4)),
    "GRU": ({"input_size": 4, "hidden_size": 4, "num_layers": 2}, (2, 3, 4)),
    "LSTM": ({"input_size": 4, "hidden_size": 4, "num_layers": 2}, (2, 3, 4)),
    "LSTMCell": ({"input_size": 4, "hidden_size": 4}, (2, 4)),
    "GRUCell": ({"input_size": 4, "hidden_size": 4}, (2, 4)),
    "RNNCell": ({"input_size": 4, "hidden_size": 4}, (2, 4)),
    "TransformerEncoderLayer": ({"d_model": 4, "nhead": 2}, (2, 3, 4)),
    "Dropout": ({}, (2, 4)),
    "Dropout1d": ({}, (2, 4, 8)),
    "Dropout2d": ({}, (2, 4, 8, 8)),
    "Dropout3d": ({}, (2, 4, 8, 8, 8)),
    "AlphaDropout": ({}, (2, 4)),
    "FeatureAlphaDropout": ({}, (2, 4, 8)),
    "PixelShuffle": ({"upscale_factor": 2}, (2, 4, 8, 8)),
    "PixelUnshuffle": ({"downscale_factor": 2}, (2, 4, 8, 8)),
    "ChannelShuffle": ({"groups": 2}, (2, 4, 8, 8)),
    "LocalResponseNorm": ({"size": 2}, (2, 4, 8)),
    "Upsample": ({"scale_factor": 2.0}, (2, 4, 8, 8)),
    "Softshrink": ({}, (2, 4)),
    "LayerNorm": ({"normalized_shape": 4}, (2, 4)),
    "RMSNorm": ({"normalized_shape": 4}, (2, 4)),
}


def outside(param: Param) -> Iterator[float]:
    """Values just outside the range; an integer where only integers fit."""
    step = 1 if "float" not in param.types else 0.5
    if param.minimum is not None:
        yield param.minimum - step
    if param.exclusive_minimum is not None:
        yield param.exclusive_minimum
        yield param.exclusive_minimum - step
    if param.maximum is not None:
        yield param.maximum + step


def runs(name: str, keywords: dict[str, Any], shape: tuple[int, ...]) -> bool:
    """Is the class built, and does it take an input, in one of its modes?"""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = getattr(torch.nn, name)(**keywords)
            net(torch.zeros(shape))
            net.eval()(torch.zeros(shape))
    except (RuntimeError, ValueError, TypeError, AssertionError, ZeroDivisionError, IndexError):
        return False
    return True


CASES = [
    (name, param)
    for name in CALLS
    for param in ops().get(name).signatures[0]  # type: ignore[union-attr]
    if (param.minimum, param.exclusive_minimum, param.maximum) != (None, None, None)
]


@pytest.mark.parametrize("name", CALLS)
def test_the_call_itself_runs(name: str) -> None:
    assert runs(name, *CALLS[name])


@pytest.mark.parametrize(("name", "param"), CASES, ids=[f"{name}.{param.name}" for name, param in CASES])
def test_pytorch_refuses_what_lies_outside(name: str, param: Param) -> None:
    keywords, shape = CALLS[name]
    if param.name == "size" and name == "Upsample":
        keywords = {}
    taken = [value for value in outside(param) if runs(name, {**keywords, param.name: value}, shape)]
    assert taken == []
