"""What is measured over a set of images: the loss, and the recipe's metrics.

Sums stay on the device and in float64 where it has that, so that measuring costs no wait for it and a
mean over 60,000 images is exact to the digits shown.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def accuracy(output: Tensor, labels: Tensor) -> Tensor:
    """How many images have their own class at the greatest output, `[N, classes]` against `[N]`."""
    return (output.argmax(1) == labels).sum()


METRICS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"accuracy": accuracy}


class Meter:
    """Means over images, built up batch by batch.

    >>> meter = Meter(("accuracy",))
    >>> meter.add(torch.tensor(0.5), torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
    >>> meter.means()
    {'loss': 0.5, 'accuracy': 0.5}
    """

    def __init__(self, metrics: tuple[str, ...]) -> None:
        self._metrics = metrics
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, loss: Tensor, output: Tensor, labels: Tensor) -> None:
        """One batch: its mean loss, its output and its labels."""
        count = len(labels)
        found = {"loss": loss.detach() * count}
        found |= {name: METRICS[name](output.detach(), labels) for name in self._metrics}
        for name, value in found.items():
            # MPS has no float64.
            wide = value.to(torch.float32 if value.device.type == "mps" else torch.float64)
            self._sums[name] = self._sums[name] + wide if name in self._sums else wide
        self._count += count

    def means(self) -> dict[str, float]:
        """Each metric's mean over the images added; waits for the device."""
        return {name: float(value) / self._count for name, value in self._sums.items()}
