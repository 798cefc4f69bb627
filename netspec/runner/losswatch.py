"""The losses of an epoch: their sum, and a stop at the first one that is not finite.

On the CPU each loss is looked at before its step is taken. A look at an accelerator waits for it, so
there the losses of some steps are looked at together; nothing is saved before they are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LOSSES_PER_LOOK = 20


class NotFinite(Exception):
    """A loss was not finite; `ago` counts the losses that came after it."""

    def __init__(self, loss: float, ago: int) -> None:
        super().__init__(loss, ago)
        self.loss = loss
        self.ago = ago


class LossWatch:
    """Takes in losses. `total` is their sum over the samples, as far as it was looked at.

    >>> watch = LossWatch(torch.device("cpu"))
    >>> watch.add(torch.tensor(0.5), 4)
    0.5
    >>> watch.take()
    2.0
    """

    def __init__(self, device: torch.device) -> None:
        self._at_once = 1 if device.type == "cpu" else _LOSSES_PER_LOOK
        self._unseen: list[Tensor] = []
        self._counts: list[int] = []
        self.total = 0.0

    def add(self, loss: Tensor, count: int) -> float | None:
        """The mean loss of so many samples; its value where it was looked at. NotFinite."""
        if self._at_once == 1:
            value = loss.item()
            if not math.isfinite(value):
                raise NotFinite(value, 0)
            self.total += value * count
            return value
        self._unseen.append(loss)
        self._counts.append(count)
        if len(self._unseen) == self._at_once:
            self.look()
        return None

    def look(self) -> None:
        """Look at what was not looked at yet. NotFinite."""
        if not self._unseen:
            return
        values: list[float] = torch.stack(self._unseen).tolist()
        for position, (value, count) in enumerate(zip(values, self._counts, strict=True)):
            if not math.isfinite(value):
                raise NotFinite(value, len(values) - 1 - position)
            self.total += value * count
        self._unseen.clear()
        self._counts.clear()

    def take(self) -> float:
        """The sum over an epoch's samples; the next epoch begins from zero."""
        self.look()
        taken, self.total = self.total, 0.0
        return taken
