"""Parameters and buffers of a module itself, and how they begin.

A state dict carries their values over, so how they begin matters only where it is plain: all values
alike. A buffer that no state dict holds must come out of steps, or is refused.
"""

from __future__ import annotations

import torch
from torch import Tensor as Values
from torch import nn

from netspec.importer.counting import counting_steps
from netspec.importer.refusal import Refusal
from netspec.importer.sketch import Const, Tensor, Tree

UNKNOWN = {"normal_": {"std": 0.02}}
"""How a parameter begins whose values do not say it; the report says which those are."""


def owned_parameters(module: nn.Module, skipped: set[str]) -> dict[str, Tensor]:
    return {
        name: Tensor(_shape(each), _dtype(each), _init(each))
        for name, each in module._parameters.items()
        if each is not None and name not in skipped
    }


def owned_buffers(module: nn.Module, skipped: set[str]) -> dict[str, Tensor]:
    found = {}
    for name, each in module._buffers.items():
        if each is None or name in skipped:
            continue
        persistent = name not in module._non_persistent_buffers_set
        tensor = Tensor(_shape(each), _dtype(each), _init(each), persistent)
        if tensor.init is UNKNOWN or (tensor.init is None):
            tensor.init, tensor.steps = None, _steps(name, each, persistent)
            if tensor.steps is None:
                tensor.init = UNKNOWN if each.is_floating_point() else "zeros_"
        found[name] = tensor
    return found


def _steps(name: str, values: Values, persistent: bool) -> Tree:
    steps = counting_steps(values)
    if steps is None and not persistent:
        raise Refusal(
            f"the buffer `{name}` is in no state dict, and how its values are computed cannot be read back"
        )
    return steps


def _init(values: Values) -> Tree:
    """A function of `torch.nn.init` where all values are alike; UNKNOWN else."""
    if values.is_complex():
        raise Refusal("it owns complex numbers")
    flat = values.detach().reshape(-1)
    if not len(flat) or not bool(torch.all(flat == flat[0])):
        return UNKNOWN
    value = flat[0].item()
    if value in (0, 1):
        return "ones_" if value else "zeros_"
    return {"constant_": Const(value, "value")}


def _shape(values: Values) -> list[Tree]:
    return [Const(int(size), "size") for size in values.shape]


def _dtype(values: Values) -> str:
    return str(values.dtype).removeprefix("torch.")
