"""What a recipe says, once its names are known and its arguments are bound. Needs no torch.

A part that was reported as faulty is `faulty` (a component) or has its usual value (a number), so that
checking can go on with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from netspec.diagnostics import Span
from netspec.syntax import Mapping as MappingNode

Mode: TypeAlias = Literal["max", "min"]


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
    """The spec to train: its path as written, relative to the recipe, the params it is built with, and
    the file of weights that training starts from."""

    spec: str
    span: Span
    params: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    weights: str | None = None
    weights_span: Span | None = None
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """The data sets, what is done to their samples, and how many go into one step.

    `validation`, where given, chooses the best epoch; otherwise the test set only measures. `inputs`
    says which column goes into which input of the spec, and `target` what the output is held against;
    empty and None stand for the usual ones. `mix` is done to whole training batches. `workers` read
    samples ahead; `in_memory` is None where the set itself decides."""

    train: Component
    test: Component
    validation: Component | None
    transform: tuple[Component, ...]
    augment: tuple[Component, ...]
    batch_size: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    mix: tuple[Component, ...] = ()
    workers: int = 0
    in_memory: bool | None = None
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LossUse:
    """One loss on one output, which is None where the spec has one without a name. `target` is the
    column that it is held against, None for `mean`. `class_axis` is where the output has its classes:
    1, or -1 in `[N, T, classes]` against `[N, T]`; `classes` is how many, where that is known. `name`
    stands before its figures where there are several losses."""

    name: str
    output: str | None
    loss: Component
    target: str | None = None
    weight: float = 1.0
    class_axis: int = 1
    metrics: tuple[Component, ...] = ()
    classes: int | None = None
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clip:
    """Gradients are scaled so that their common norm is at most `norm`, or cut at plus and minus `value`."""

    norm: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Warmup:
    """The learning rate rises in a line from `start` of it to the whole, over so many steps or epochs."""

    steps: int | None
    epochs: float | None
    start: float = 0.01


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Training ends where `metric` has not become better by more than `min_delta` in `patience` epochs."""

    metric: str
    patience: int
    min_delta: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """Optimizer arguments of the parameters whose path fits `match` (`*` stands for anything, dots too)."""

    match: str
    arguments: Mapping[str, Any]
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckpointUse:
    """A checkpoint after so many steps, or after each epoch where `steps` is None; `keep` of them stay."""

    steps: int | None = None
    keep: int = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe. `spans` are the places of its keys, for reports; `root` is the text's tree."""

    name: str
    path: str
    doc: str | None
    model: ModelUse
    data: Data
    losses: tuple[LossUse, ...]
    optimizer: Component
    scheduler: Component | None
    epochs: int
    precision: str
    seed: int
    device: str
    spans: Mapping[str, Span]
    root: MappingNode
    accumulate: int = 1
    clip: Clip | None = None
    ema: float | None = None
    warmup: Warmup | None = None
    early_stopping: EarlyStopping | None = None
    best: tuple[str, Mode] = ("loss", "min")
    freeze: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    checkpoint: CheckpointUse = CheckpointUse()
    compile: bool = False
    parallel: str = "auto"
    trackers: tuple[Component, ...] = ()

    @property
    def loss(self) -> Component:
        """The loss, of a recipe that has one."""
        return self.losses[0].loss

    @property
    def metrics(self) -> tuple[Component, ...]:
        """The metrics of a recipe that has one loss."""
        return self.losses[0].metrics
