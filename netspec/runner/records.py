"""What a run yields: an `Epoch` for each epoch, and a `Result` at the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from netspec.report import Report


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch's figures. `test` and `validation` hold `loss` and the recipe's metrics, means over the
    images; `validation` is empty where the recipe has none. `rate` is the learning rate of the last step."""

    number: int
    train_loss: float
    test: dict[str, float]
    validation: dict[str, float]
    rate: float
    seconds: float

    @property
    def judged(self) -> dict[str, float]:
        """The figures that choose the best epoch."""
        return self.validation or self.test

    @property
    def shown(self) -> dict[str, float]:
        named = {f"validation {name}": value for name, value in self.validation.items()}
        return (
            {"train loss": self.train_loss} | named | {f"test {n}": value for n, value in self.test.items()}
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run.

    `weights` is the file to use: the best epoch's where a validation set chose it, else the last one's,
    since choosing by the test set would make its figure too good. `module` holds those weights, in eval
    mode, on the run's device. `report` has what the checks warned of. `seconds` is the time that
    training and measuring took.
    """

    folder: Path
    weights: Path
    spec: Path
    params: dict[str, Any]
    epochs: tuple[Epoch, ...]
    chosen: Epoch
    best: Epoch
    device: str
    samples: int
    tested: int
    seconds: float
    report: Report = field(repr=False)
    module: nn.Module = field(repr=False)

    @property
    def metrics(self) -> dict[str, float]:
        """The held-out figures of `weights`: `loss`, and the recipe's metrics."""
        return self.chosen.test

    @property
    def accuracy(self) -> float:
        """The share of held-out images that `weights` classifies rightly, 0 to 1."""
        return self.chosen.test["accuracy"]

    @property
    def best_accuracy(self) -> float:
        """The greatest held-out accuracy of any epoch."""
        return max(epoch.test["accuracy"] for epoch in self.epochs)
