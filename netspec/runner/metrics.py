"""What is measured over many samples: the losses, and the recipe's metrics.

Sums stay on the device, in float64 where it has that, so that measuring costs no wait for it and a
mean over 60,000 samples is exact to the digits shown. They are all there is: processes add theirs up, and a
checkpoint stores them.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from netspec.runner.recipe.figures import LOSS, figure_of, named
from netspec.runner.recipe.records import LossUse
from netspec.runner.tallies import Sums, figure, tally, tally_of

COUNT = "count"


class Meter:
    """Figures over samples, built up batch by batch.

    >>> from netspec.runner.recipe.records import Component
    >>> loss, accuracy = Component("cross_entropy", None), Component("accuracy", None)
    >>> use = LossUse("", None, loss, target="label", metrics=(accuracy,))
    >>> meter = Meter((use,))
    >>> output, label = torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1])
    >>> meter.add({"loss": torch.tensor(0.5)}, {None: output}, {"label": label}, 2)
    >>> meter.means()
    {'loss': 0.5, 'accuracy': 0.5}
    """

    def __init__(self, uses: tuple[LossUse, ...] = ()) -> None:
        self._uses = uses
        self._tallies = tuple(dict.fromkeys(tally_of(metric) for metric in use.metrics) for use in uses)
        self.sums: Sums = {}

    def add(
        self,
        losses: Mapping[str, Tensor],
        outputs: Mapping[str | None, Tensor],
        targets: Mapping[str, Tensor],
        count: int,
    ) -> None:
        """One batch of `count` samples: the means of its losses by figure (`loss`, `kind.loss`), its
        outputs, and its targets by column."""
        for name, loss in losses.items():
            self._sum(name, loss).add_(loss.detach(), alpha=count)
        self._sum(COUNT, next(iter(losses.values()))).add_(count)
        for use, tallies in zip(self._uses, self._tallies, strict=True):
            for name in tallies:
                # A loss without a target has no metrics.
                assert use.target is not None
                found = tally(name, use, outputs[use.output].detach(), targets[use.target])
                for part, value in found.items():
                    self._put(f"{use.name}|{name}|{part}", value)

    def _sum(self, name: str, like: Tensor) -> Tensor:
        if name not in self.sums:
            # MPS has no float64.
            wide = torch.float32 if like.device.type == "mps" else torch.float64
            self.sums[name] = torch.zeros((), dtype=wide, device=like.device)
        return self.sums[name]

    def _put(self, key: str, value: Tensor) -> None:
        if key in self.sums:
            self.sums[key].add_(value)
        else:
            self.sums[key] = value.clone()

    def means(self) -> dict[str, float]:
        """Every figure, in the order of `figures`; waits for the device. Empty where nothing was added."""
        if not self.sums:
            return {}
        count = float(self.sums[COUNT])
        means = {name: float(value) / count for name, value in self.sums.items() if _is_loss(name)}
        found = {LOSS: means.pop(LOSS)}
        for use, tallies in zip(self._uses, self._tallies, strict=True):
            own = named(use, LOSS)
            if own in means:
                found[own] = means.pop(own)
            parts = {name: self._parts(f"{use.name}|{name}|") for name in tallies}
            for metric in use.metrics:
                found[named(use, figure_of(metric))] = figure(metric.name, parts[tally_of(metric)])
        return found | means

    def _parts(self, start: str) -> Sums:
        return {key.removeprefix(start): value for key, value in self.sums.items() if key.startswith(start)}


def _is_loss(name: str) -> bool:
    return name != COUNT and "|" not in name
