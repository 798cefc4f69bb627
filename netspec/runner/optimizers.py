"""A recipe's `optimizer` -> an optimizer of torch.optim over all parameters."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn, optim

from netspec.runner.recipe.records import Component
from netspec.runner.refusal import refusals_of


def make_optimizer(component: Component, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """SpecError where PyTorch refuses the arguments."""
    with refusals_of(component):
        made: optim.Optimizer = getattr(optim, component.name)(parameters, **component.stated)
    return made
