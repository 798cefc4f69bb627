"""What metrics are made of: sums over samples, which processes and batches can add up.

Each tally takes a batch's output and target and gives tensors that are added to those of other batches;
several metrics may be read from one. Nothing here waits for the device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.runner.recipe.readings import LOSSES
from netspec.runner.recipe.records import Component, LossUse

Sums: TypeAlias = dict[str, Tensor]
# How finely scores are told apart, and the greatest of them, as log-odds: beyond it all are alike.
THRESHOLDS = 4096
_GREATEST = 16.0
_NO_INDEX = -100


def tally_of(metric: Component) -> str:
    """The tally that a metric is read from; metrics with one name share it."""
    if metric.name == "top_k_accuracy":
        return f"top {metric.arguments['k']}"
    return _TALLY_OF[metric.name]


_TALLY_OF = {
    "accuracy": "right",
    "precision": "classes",
    "recall": "classes",
    "f1": "classes",
    "mean_iou": "classes",
    "auroc": "curve",
    "perplexity": "nats",
    "mean_absolute_error": "distance",
    "root_mean_squared_error": "distance",
    "r2": "variance",
}


def tally(name: str, use: LossUse, output: Tensor, target: Tensor) -> Sums:
    """The sums of one batch. `output` is float; `target` as the loss takes it."""
    if LOSSES[use.loss.name] == "classes":
        return _of_classes(name, use, output, target)
    if LOSSES[use.loss.name] == "labels" and name in _OF_LABELS:
        scores = output if use.loss.name != "binary_cross_entropy" else torch.logit(output)
        return _OF_LABELS[name](_columns(scores), _columns(target) > 0.5)
    return _OF_NUMBERS[name](output, target.to(output.dtype))


def _of_classes(name: str, use: LossUse, output: Tensor, target: Tensor) -> Sums:
    """Over `[M, classes]` and `[M]`, whatever stood between the batch and the classes."""
    count = output.shape[use.class_axis]
    if target.is_floating_point():
        # Mixed samples: the class of which there is most.
        target = target.argmax(use.class_axis)
    if output.dim() > 2:
        output = output.movedim(use.class_axis, -1).reshape(-1, count)
        target = target.reshape(-1)
    ignored = int(use.loss.arguments.get("ignore_index", _NO_INDEX))
    if name.startswith("top "):
        return _top(int(name[4:]), output, target, ignored)
    if name == "nats":
        loss = F.nll_loss if use.loss.name == "nll_loss" else F.cross_entropy
        sum = loss(output.double(), target, reduction="sum", ignore_index=ignored)
        return {"nats": sum, "count": (target != ignored).sum()}
    if name == "right":
        judged = target != ignored
        return {"right": (output.argmax(1) == target).sum(), "count": judged.sum()}
    if name == "classes":
        return _per_class(output, target, ignored)
    scores = torch.logit(output.exp() if use.loss.name == "nll_loss" else output.softmax(1))
    return _curve(scores, F.one_hot(target.clamp(0), count) > 0, target != ignored)


def _top(k: int, output: Tensor, target: Tensor, ignored: int) -> Sums:
    best = output.topk(min(k, output.shape[1]), dim=1).indices
    judged = target != ignored
    return {"right": ((best == target[:, None]).any(1) & judged).sum(), "count": judged.sum()}


def _per_class(output: Tensor, target: Tensor, ignored: int) -> Sums:
    """For each class: how many were rightly called it, were called it, and are it."""
    classes = output.shape[1]
    judged = target != ignored
    called = output.argmax(1)
    # One place more, for what is not judged.
    beyond = torch.full_like(target, classes)
    are = torch.where(judged, target, beyond)
    right = torch.where(judged & (called == target), target, beyond)
    called = torch.where(judged, called, beyond)
    return {
        name: _occurrences(each, classes)
        for name, each in (("right", right), ("called", called), ("are", are))
    }


def _occurrences(numbers: Tensor, classes: int) -> Tensor:
    """How often each of `range(classes)` occurs; bincount would wait for the device."""
    counts = torch.zeros(classes + 1, dtype=torch.int64, device=numbers.device)
    return counts.index_add_(0, numbers, torch.ones_like(numbers))[:classes]


def confusion(output: Tensor, target: Tensor, use: LossUse) -> Tensor:
    """How often each class (row) was called each class (column): int64 `[classes, classes]`."""
    count = output.shape[use.class_axis]
    called = output.argmax(use.class_axis).reshape(-1)
    target = (target.argmax(use.class_axis) if target.is_floating_point() else target).reshape(-1)
    judged = target != int(use.loss.arguments.get("ignore_index", _NO_INDEX))
    pairs = torch.where(judged, target * count + called, torch.full_like(target, count * count))
    return _occurrences(pairs, count * count).reshape(count, count)


def _columns(values: Tensor) -> Tensor:
    """`[M, labels]`: one label for each sample or pixel, or several for each sample."""
    return values if values.dim() == 2 else values.reshape(-1, 1)


def _right_labels(scores: Tensor, target: Tensor) -> Sums:
    right = (scores > 0) == target
    return {"right": right.sum(), "count": torch.full_like(right.sum(), right.numel())}


def _per_label(scores: Tensor, target: Tensor) -> Sums:
    called = scores > 0
    return {"right": (called & target).sum(0), "called": called.sum(0), "are": target.sum(0)}


def _label_curve(scores: Tensor, target: Tensor) -> Sums:
    return _curve(scores, target, torch.ones_like(target[:, 0], dtype=torch.bool))


def _curve(scores: Tensor, target: Tensor, judged: Tensor) -> Sums:
    """How many scores of each column lie in each of `THRESHOLDS` equal steps: int64 `[columns, THRESHOLDS]`,
    of what is the column's class (`yes`) and of what is not (`no`)."""
    columns = scores.shape[1]
    # A network that has diverged gives figures too, though bad ones.
    scores = scores.nan_to_num(0.0)
    places = (scores.clamp(-_GREATEST, _GREATEST) + _GREATEST) * (THRESHOLDS / (2 * _GREATEST))
    places = places.long().clamp(max=THRESHOLDS - 1)
    places = places + torch.arange(columns, device=scores.device) * THRESHOLDS
    beyond = torch.full_like(places, columns * THRESHOLDS)
    found = {}
    for name, chosen in (("yes", target & judged[:, None]), ("no", ~target & judged[:, None])):
        counts = _occurrences(torch.where(chosen, places, beyond).reshape(-1), columns * THRESHOLDS)
        found[name] = counts.reshape(columns, THRESHOLDS)
    return found


def _distance(output: Tensor, target: Tensor) -> Sums:
    difference = (output - target).double() if output.device.type != "mps" else output - target
    count = torch.full((), output.numel(), dtype=torch.int64, device=output.device)
    return {"absolute": difference.abs().sum(), "squared": difference.square().sum(), "count": count}


def _variance(output: Tensor, target: Tensor) -> Sums:
    """For each number of a target: what `r2` needs."""
    if output.device.type != "mps":
        output, target = output.double(), target.double()
    output, target = output.reshape(len(output), -1), target.reshape(len(target), -1)
    return {
        "residual": (output - target).square().sum(0),
        "sum": target.sum(0),
        "squares": target.square().sum(0),
        "count": torch.full((), len(target), dtype=torch.int64, device=output.device),
    }


_OF_LABELS: dict[str, Callable[[Tensor, Tensor], Sums]] = {
    "right": _right_labels,
    "classes": _per_label,
    "curve": _label_curve,
}
_OF_NUMBERS: dict[str, Callable[[Tensor, Tensor], Sums]] = {"distance": _distance, "variance": _variance}


def figure(metric: str, sums: Sums) -> float:
    """A metric's figure from its tally's sums; NaN where nothing was measured."""
    return _FIGURES[metric]({name: value.cpu().double() for name, value in sums.items()})


def _share(sums: Sums) -> float:
    return float(sums["right"] / sums["count"])


def _mean_over(numerator: Tensor, denominator: Tensor) -> float:
    """The mean of the quotients, of what occurs at all; 0 of what occurs and was never found."""
    occurs = denominator > 0
    return float((numerator[occurs] / denominator[occurs]).mean())


def _by_class(over: Callable[[Sums], Tensor]) -> Callable[[Sums], float]:
    """The mean of `right` divided by something, over the classes that occur or were called."""

    def mean(sums: Sums) -> float:
        seen = (sums["called"] + sums["are"]) > 0
        quotients = sums["right"][seen] / over(sums)[seen]
        return float(quotients.nan_to_num(0.0).mean())

    return mean


def _auroc(sums: Sums) -> float:
    """The chance that a score of the class is above one that is not; equal ones count half."""
    yes, no = sums["yes"], sums["no"]
    below = no.cumsum(1) - no
    wins = (yes * (below + no / 2)).sum(1)
    return _mean_over(wins, yes.sum(1) * no.sum(1))


def _r2(sums: Sums) -> float:
    total = sums["squares"] - sums["sum"].square() / sums["count"]
    return float((1 - sums["residual"] / total).mean())


_FIGURES: dict[str, Callable[[Sums], float]] = {
    "accuracy": _share,
    "top_k_accuracy": _share,
    "precision": _by_class(lambda sums: sums["called"]),
    "recall": _by_class(lambda sums: sums["are"]),
    "f1": _by_class(lambda sums: (sums["called"] + sums["are"]) / 2),
    "mean_iou": _by_class(lambda sums: sums["called"] + sums["are"] - sums["right"]),
    "auroc": _auroc,
    "perplexity": lambda sums: math.exp(min(float(sums["nats"] / sums["count"]), 700.0)),
    "mean_absolute_error": lambda sums: float(sums["absolute"] / sums["count"]),
    "root_mean_squared_error": lambda sums: math.sqrt(float(sums["squared"] / sums["count"])),
    "r2": _r2,
}
