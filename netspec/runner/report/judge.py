"""One more look at the held-out samples: which class was taken for which, and what went worst.

`judge(module, data, uses, ...)` gives a `Judgement` for each loss that can be judged sample by sample: of
classes (one for each sample, or for each pixel) or of numbers.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netspec.runner.data.batch import Batch, Batches, ColumnFact
from netspec.runner.objective import named_outputs
from netspec.runner.precision import Precision
from netspec.runner.recipe.records import LossUse
from netspec.runner.report.png import picture_png

_BY_CLASS = ("cross_entropy", "nll_loss")
_BY_NUMBER = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
_MOST_CLASSES = 1000
_WORST = 24
_AT_ONCE = 256
_MOST_VALUES = 6
"""Numbers that are shown of a target."""


@dataclass(frozen=True, slots=True)
class Worst:
    """A sample with one of the largest losses: where it comes from, what is true, what was predicted, and
    what the network saw, as PNG, where that is a picture."""

    place: str
    loss: float
    truth: str
    guess: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one loss, called `name`. `counts[true][predicted]` are samples (or pixels); empty where the target
    is no class."""

    name: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    worst: tuple[Worst, ...]


@torch.inference_mode()
def judge(
    module: nn.Module, data: Batches, uses: tuple[LossUse, ...], precision: Precision, seed: int
) -> tuple[Judgement, ...]:
    """Runs the module over the set, in eval mode."""
    module.eval()
    judges = [
        _Judge(use, data, data.columns[use.target or ""]) for use in uses if _can_judge(use, data.columns)
    ]
    if not judges:
        return ()
    batches = torch.split(torch.arange(len(data)), _AT_ONCE)
    for batch in data.over(list(batches), seed=seed, epoch=0):
        with precision.autocast():
            output = module(*batch.inputs)
        outputs = named_outputs(output)
        for each in judges:
            each.take(outputs[each.use.output], batch)
    return tuple(each.judgement() for each in judges)


def _can_judge(use: LossUse, columns: Mapping[str, ColumnFact]) -> bool:
    fact = columns.get(use.target or "")
    if fact is None:
        return False
    if use.loss.name in _BY_CLASS:
        return fact.classes is not None and fact.classes <= _MOST_CLASSES and not fact.dtype.is_floating_point
    return use.loss.name in _BY_NUMBER


@dataclass(slots=True)
class _Judge:
    use: LossUse
    data: Batches
    fact: ColumnFact
    counts: Tensor | None = None
    worst: list[tuple[float, int, Worst]] = field(default_factory=list)

    def take(self, output: Tensor, batch: Batch) -> None:
        target = batch.targets[self.use.target or ""]
        if self.use.loss.name in _BY_CLASS:
            scores = output if self.use.class_axis == 1 else output.movedim(-1, 1)
            losses = self._class_losses(scores, target)
            guess = scores.argmax(1)
            self._count(guess, target, scores.shape[1])
        else:
            guess, target = output, target.to(output.dtype)
            losses = (
                (output - target).abs().flatten(1).mean(1) if output.dim() > 1 else (output - target).abs()
            )
        for place in losses.topk(min(_WORST, len(losses))).indices.tolist():
            self._remember(float(losses[place]), place, batch, target[place], guess[place])

    def _class_losses(self, scores: Tensor, target: Tensor) -> Tensor:
        logs = scores if self.use.loss.name == "nll_loss" else F.log_softmax(scores, 1)
        losses = F.nll_loss(logs, target, reduction="none", ignore_index=self._ignored)
        return losses.flatten(1).mean(1) if losses.dim() > 1 else losses

    @property
    def _ignored(self) -> int:
        return int(self.use.loss.stated.get("ignore_index", -100))

    def _count(self, guess: Tensor, target: Tensor, classes: int) -> None:
        judged = target != self._ignored
        pairs = target[judged] * classes + guess[judged]
        found = torch.bincount(pairs.cpu(), minlength=classes * classes).view(classes, classes)
        self.counts = found if self.counts is None else self.counts + found

    def _remember(self, loss: float, place: int, batch: Batch, target: Tensor, guess: Tensor) -> None:
        if len(self.worst) == _WORST and loss <= self.worst[0][0]:
            return
        index = int(batch.indices[place])
        picture = next((each[place] for each in batch.inputs if _is_picture(each)), None)
        shown = None if picture is None else picture_png(picture)
        column = self.use.target or ""
        worst = Worst(self.data.place(column, index), loss, self._text(target), self._text(guess), shown)
        # Of equal losses, the earlier sample stays.
        heapq.heappush(self.worst, (loss, -index, worst))
        if len(self.worst) > _WORST:
            heapq.heappop(self.worst)

    def _text(self, value: Tensor) -> str:
        if self.use.loss.name in _BY_CLASS:
            return self._class(int(value)) if value.dim() == 0 else ""
        numbers = value.flatten()[:_MOST_VALUES].tolist()
        more = ", …" if value.numel() > _MOST_VALUES else ""
        return ", ".join(f"{number:.4g}" for number in numbers) + more

    def _class(self, number: int) -> str:
        return self.fact.names[number] if number < len(self.fact.names) else str(number)

    def judgement(self) -> Judgement:
        counts = () if self.counts is None else tuple(map(tuple, self.counts.tolist()))
        classes = tuple(self._class(number) for number in range(len(counts)))
        worst = tuple(each for _, _, each in sorted(self.worst, reverse=True))
        return Judgement(self.use.name, classes, counts, worst)


def _is_picture(value: Tensor) -> bool:
    """Whether `[N, ...]` are grey or coloured pictures."""
    return (
        value.dim() == 4
        and value.shape[1] in (1, 3)
        and value.is_floating_point()
        and min(value.shape[2:]) > 3
    )
