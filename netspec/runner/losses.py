"""A recipe's `loss` -> a function of `[N, classes]` and `[N]` that gives the mean over the images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from torch import Tensor
from torch.nn import functional as F

from netspec.runner.recipe.records import Component

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]


def make_loss(component: Component) -> Loss:
    return partial(getattr(F, component.name), **component.stated)
