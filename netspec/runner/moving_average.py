"""The exponential moving average of the weights, which then measures and is saved as the weights.

After each step: average <- decay · average + (1 - decay) · weight (Polyak and Juditsky 1992, in its
exponential form). Buffers are copied: a batch norm's statistics are averages already.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class MovingAverage:
    """The average of a module's weights; `module` holds it, with the module's own names."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        average: Any = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self._averaged = AveragedModel(module, multi_avg_fn=average)

    @property
    def module(self) -> nn.Module:
        averaged: nn.Module = self._averaged.module
        return averaged

    def update(self, module: nn.Module) -> None:
        """Take in the weights after a step."""
        self._averaged.update_parameters(module)

    def state_dict(self) -> dict[str, Any]:
        return dict(self._averaged.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._averaged.load_state_dict(state)
