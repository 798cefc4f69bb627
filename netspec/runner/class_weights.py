"""`weight: balanced` of a loss -> a weight for each class, from how often each occurs in the training set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from netspec.runner.data.batch import Batches
from netspec.runner.data.memory import MemoryBatches
from netspec.runner.data.pictures import judged
from netspec.runner.recipe.records import LossUse

BALANCED = "balanced"
_AT_ONCE = 256


def with_class_weights(uses: tuple[LossUse, ...], train: Batches) -> tuple[LossUse, ...]:
    """The losses with numbers in place of `balanced`. A set that is streamed is read once for that."""
    wanted = {use.target: use for use in uses if use.loss.arguments.get("weight") == BALANCED}
    counts = _occurrences({name or "": use for name, use in wanted.items()}, train) if wanted else {}
    return tuple(
        _weighted(use, counts[use.target or ""]) if use.loss.arguments.get("weight") == BALANCED else use
        for use in uses
    )


def balanced(counts: Tensor) -> Tensor:
    """The number of all, divided by that of each class and by that of classes: what occurs evenly has the
    weight 1, and what does not occur has none.

    >>> balanced(torch.tensor([1, 3, 0])).tolist()
    [1.3333333730697632, 0.4444444477558136, 0.0]
    """
    weights = counts.sum() / (len(counts) * counts.double())
    return torch.where(counts > 0, weights, 0.0).float()


def _weighted(use: LossUse, counts: Tensor) -> LossUse:
    arguments = {**use.loss.arguments, "weight": tuple(balanced(counts).tolist())}
    return replace(use, loss=replace(use.loss, arguments=arguments))


def _occurrences(wanted: Mapping[str, LossUse], train: Batches) -> dict[str, Tensor]:
    """How often each class occurs in each column, among what is judged."""
    sizes = {name: use.classes or train.columns[name].classes or 0 for name, use in wanted.items()}
    counts = {name: torch.zeros(size, dtype=torch.int64) for name, size in sizes.items()}
    for values in _targets(tuple(wanted), train):
        for name, use in wanted.items():
            numbers = values[name][values[name] != use.loss.arguments.get("ignore_index", -100)]
            found = torch.bincount(numbers.flatten().cpu(), minlength=sizes[name])
            counts[name] += found[: sizes[name]]
    return counts


def _targets(names: tuple[str, ...], train: Batches) -> Iterator[Mapping[str, Tensor]]:
    if isinstance(train, MemoryBatches):
        yield {name: judged(train.stored[name], train.kinds[name]) for name in names}
        return
    batches = torch.split(torch.arange(len(train)), _AT_ONCE)
    yield from (batch.targets for batch in train.over(batches, seed=0, epoch=0))
