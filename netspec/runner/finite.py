"""Where a number stopped being finite: found by running the batch again, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def first_not_finite(module: nn.Module, inputs: Sequence[Tensor]) -> str:
    """What was first not finite as the module runs on these inputs, as a phrase: an input, a weight, or
    the output of a layer."""
    if not all(map(_finite, inputs)):
        return "the input itself is not finite"
    for name, weight in module.named_parameters():
        if not _finite(weight):
            return f"the weight `{name}` is not finite"
    found: list[str] = []

    def look(name: str, layer: nn.Module) -> None:
        def hook(_: nn.Module, __: object, output: object) -> None:
            if isinstance(output, Tensor) and not found and not _finite(output):
                found.append(
                    f"the first output that is not finite is that of `{name}` ({type(layer).__name__})"
                )

        handles.append(layer.register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name, layer in module.named_modules():
        if name:
            look(name, layer)
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else "every layer's output is finite, so the loss itself is at fault"


def _finite(value: Tensor) -> bool:
    return not value.is_floating_point() or bool(value.isfinite().all())
