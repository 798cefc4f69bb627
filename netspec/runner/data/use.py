"""What a recipe does with a set: which columns are inputs, which are targets, and how they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from netspec.runner.data.batch import Batch
from netspec.runner.data.dataset import Column
from netspec.runner.data.mix import Mix, make_mix
from netspec.runner.errors import RunError
from netspec.runner.recipe.records import Component


@dataclass(frozen=True, slots=True)
class Use:
    """`inputs`: columns in the order of the spec's inputs; `targets`: columns. `augment` and `mixes` are
    empty for measuring."""

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    transform: tuple[Component, ...] = ()
    augment: tuple[Component, ...] = ()
    mixes: tuple[Component, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Each column in use, once."""
        return tuple(dict.fromkeys((*self.inputs, *self.targets)))

    def mixing(self, columns: Mapping[str, Column]) -> Mix | None:
        """The mixing of batches; RunError where there are no labels to mix, or more than one input."""
        if not self.mixes:
            return None
        labels = [columns[name] for name in self.targets]
        if len(self.inputs) != 1 or len(labels) != 1 or labels[0].kind != "label":
            raise RunError("`mix` mixes one input of images with one target of labels: remove it")
        return make_mix(self.mixes, labels[0].classes or 0)

    def batch(self, values: Mapping[str, Tensor], indices: Tensor, mix: Mix | None) -> Batch:
        """The batch of these values."""
        if mix is None:
            inputs = tuple(values[name] for name in self.inputs)
            return Batch(inputs, {name: values[name] for name in self.targets}, indices)
        images, labels = mix(values[self.inputs[0]], values[self.targets[0]])
        return Batch((images,), {self.targets[0]: labels}, indices)
