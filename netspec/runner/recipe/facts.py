"""What is known of the data sets before one is loaded: the shape of a sample, the classes, the counts.

Sources: the pages of MNIST, Fashion-MNIST, Kuzushiji-MNIST and CIFAR that torchvision's documentation
links to; of the digits, `data/README.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.runner.recipe.records import Component


@dataclass(frozen=True, slots=True)
class Sample:
    """The shape of one image, `[channels, height, width]`; its values are float32."""

    channels: int
    height: int
    width: int

    def __str__(self) -> str:
        return f"[{self.channels}, {self.height}, {self.width}]"


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """One column of a data set as a batch has it, of one sample: its shape (None for a size that differs
    from sample to sample), its dtype, and how many classes there are where it holds their numbers."""

    shape: tuple[int | None, ...]
    dtype: str
    classes: int | None = None


@dataclass(frozen=True, slots=True)
class SetFacts:
    """A part of a data set: its samples as stored, how many there are, and how many classes."""

    sample: Sample
    count: int
    classes: int


_GREY = Sample(1, 28, 28)
_COLOUR = Sample(3, 32, 32)
# Sample, classes, images to train on, images to test on.
_SETS = {
    "Digits": (Sample(1, 8, 8), 10, 1415, 382),
    "MNIST": (_GREY, 10, 60_000, 10_000),
    "FashionMNIST": (_GREY, 10, 60_000, 10_000),
    "KMNIST": (_GREY, 10, 60_000, 10_000),
    "CIFAR10": (_COLOUR, 10, 50_000, 10_000),
    "CIFAR100": (_COLOUR, 100, 50_000, 10_000),
}


def set_facts(data: Component) -> SetFacts | None:
    """The facts of the part that a recipe names; None for a faulty component."""
    if data.faulty:
        return None
    sample, classes, train, test = _SETS[data.name]
    first = data.arguments["split"] == "train" if data.name == "Digits" else bool(data.arguments["train"])
    return SetFacts(sample, train if first else test, classes)
