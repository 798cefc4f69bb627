"""What a recipe says, once its names are known and its arguments are bound. Needs no torch.

A part that was reported as faulty is `faulty` (a component) or has its usual value (a number), so that
checking can go on with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Span
from netspec.syntax import Mapping as MappingNode


@dataclass(frozen=True, slots=True)
class Component:
    """One use of a component. `arguments` are all of them by name, `given` those that the recipe states,
    `spans` where it states them."""

    name: str
    span: Span
    arguments: Mapping[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    spans: Mapping[str, Span] = field(default_factory=dict)
    faulty: bool = False

    @property
    def stated(self) -> dict[str, Any]:
        """The arguments that the recipe states; PyTorch's own defaults hold for the others."""
        return {name: value for name, value in self.arguments.items() if name in self.given}


@dataclass(frozen=True, slots=True)
class ModelUse:
    """The spec to train: its path as written, relative to the recipe, and the params it is built with."""

    spec: str
    span: Span
    params: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """The data sets, what is done to their images, and how many go into one step.

    `validation`, where given, chooses the best epoch; otherwise the test set only measures."""

    train: Component
    test: Component
    validation: Component | None
    transform: tuple[Component, ...]
    augment: tuple[Component, ...]
    batch_size: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe. `spans` are the places of its keys, for reports; `root` is the text's tree."""

    name: str
    path: str
    doc: str | None
    model: ModelUse
    data: Data
    loss: Component
    metrics: tuple[Component, ...]
    optimizer: Component
    scheduler: Component | None
    epochs: int
    precision: str
    seed: int
    device: str
    spans: Mapping[str, Span]
    root: MappingNode
