"""A recipe's losses -> one function of the network's outputs and the targets: the weighted sum.

An output has the name that the spec gives it: the key of a dict, the field of a named tuple, the place
in a tuple (`0`, `1`), or None where the network returns one tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.runner.recipe.figures import LOSS, named
from netspec.runner.recipe.readings import LOSSES
from netspec.runner.recipe.records import LossUse

Outputs: TypeAlias = dict[str | None, Tensor]
Losses: TypeAlias = dict[str, Tensor]


class Objective:
    """`objective(outputs, targets)` gives `{"loss": sum}`, and of several losses each one too."""

    def __init__(self, uses: tuple[LossUse, ...], device: torch.device) -> None:
        self.uses = uses
        self._parts = [(use, loss_function(use, device)) for use in uses]

    def __call__(self, outputs: Outputs, targets: Mapping[str, Tensor]) -> Losses:
        if len(self._parts) == 1:
            use, function = self._parts[0]
            loss = function(outputs[use.output], targets)
            return {LOSS: loss if use.weight == 1 else use.weight * loss}
        found = {named(use, LOSS): function(outputs[use.output], targets) for use, function in self._parts}
        total = sum(use.weight * loss for (use, _), loss in zip(self._parts, found.values(), strict=True))
        assert isinstance(total, Tensor)
        return {LOSS: total, **found}


def named_outputs(output: Any) -> Outputs:
    """What a network returned, by name, floating point as float32: losses are computed in that."""
    match output:
        case Tensor():
            return {None: _wide(output)}
        case dict():
            return {name: _wide(value) for name, value in output.items() if isinstance(value, Tensor)}
        case tuple() if hasattr(output, "_asdict"):
            return named_outputs(output._asdict())
    return {str(place): _wide(value) for place, value in enumerate(output) if isinstance(value, Tensor)}


def _wide(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def loss_function(use: LossUse, device: torch.device) -> Callable[[Tensor, Mapping[str, Tensor]], Tensor]:
    """One loss, of an output and the targets by column."""
    if use.loss.name == "mean":
        return lambda output, targets: output.mean()
    arguments = use.loss.stated
    for name in ("weight", "pos_weight"):
        if isinstance(arguments.get(name), list | tuple | float | int):
            arguments[name] = torch.tensor(arguments[name], dtype=torch.float32, device=device)
    if use.loss.name == "kl_div":
        # Over the samples, as the divergence is defined; `mean` would divide by the numbers in each too.
        arguments["reduction"] = "batchmean"
    function = partial(getattr(F, use.loss.name), **arguments)
    target = use.target
    assert target is not None, "only `mean` has no target"
    if LOSSES[use.loss.name] != "classes":
        # What is compared number by number is of one dtype: labels of 0 and 1 become numbers too.
        return lambda output, targets: function(output, targets[target].to(output.dtype))
    if use.class_axis == -1:
        return lambda output, targets: function(output.flatten(0, -2), _rows(targets[target], output))
    return lambda output, targets: function(output, targets[target])


def _rows(target: Tensor, output: Tensor) -> Tensor:
    """The targets of `[..., classes]` outputs as `[M]`, or `[M, classes]` where they are probabilities."""
    return target.flatten(0, -2) if target.dim() == output.dim() else target.flatten()
