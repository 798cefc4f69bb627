"""What a recipe may name, by kind: data sets, transforms, losses, optimizers, schedulers, metrics.

`components.json` is generated from PyTorch and torchvision; what netspec brings itself stands here.

>>> [param.name for param in components("scheduler")["StepLR"].signature]
['step_size', 'gamma']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from netspec.catalog.model import REQUIRED, Param, Signature

DATA = Path(__file__).with_name("components.json")

Kind: TypeAlias = Literal["data", "transform", "mix", "loss", "metric", "optimizer", "scheduler", "tracker"]

NAMES: dict[Kind, str] = {
    "data": "data set",
    "transform": "transform",
    "mix": "mixture",
    "loss": "loss",
    "metric": "metric",
    "optimizer": "optimizer",
    "scheduler": "scheduler",
    "tracker": "tracker",
}


@dataclass(frozen=True, slots=True)
class Component:
    """A name with its signature and one line on what it is."""

    name: str
    signature: Signature
    doc: str = ""


_ALPHA = (Param("alpha", ("float",), 1.0, exclusive_minimum=0),)
_OWN: dict[Kind, tuple[Component, ...]] = {
    "data": (
        Component(
            "Digits",
            (
                Param("split", ("str",), REQUIRED, choices=("train", "test")),
                Param("by", ("str",), "form", choices=("form", "random")),
            ),
            "1,797 handwritten digits of 8 x 8 pixels, in the package itself.",
        ),
    ),
    "metric": (
        Component("accuracy", (), "The share of targets whose class has the greatest output."),
        Component(
            "top_k_accuracy",
            (Param("k", ("int",), 5, minimum=1),),
            "The share of targets whose class is among the k greatest outputs.",
        ),
        Component("precision", (), "Of what was called a class, the share that is it; mean over classes."),
        Component("recall", (), "Of what is a class, the share that was called it; mean over classes."),
        Component("f1", (), "The harmonic mean of precision and recall; mean over classes."),
        Component("mean_iou", (), "Intersection over union of each class's pixels; mean over classes."),
        Component("auroc", (), "The area under the ROC curve, from a histogram of 4,096 thresholds."),
        Component("perplexity", (), "The exponential of the mean cross entropy of the targets."),
        Component("mean_absolute_error", (), "The mean distance of output and target."),
        Component("root_mean_squared_error", (), "The root of the mean squared distance."),
        Component("r2", (), "The share of the targets' variance that the outputs explain."),
    ),
    "mix": (
        Component("MixUp", _ALPHA, "Each sample and its target mixed with another one's."),
        Component("CutMix", _ALPHA, "A rectangle of each image, and as much of its target, from another."),
    ),
    "tracker": (
        Component("TensorBoard", (), "Event files in the run folder, for `tensorboard --logdir`."),
        Component(
            "MLflow",
            (
                Param("tracking_uri", ("str", "none"), None),
                Param("experiment", ("str", "none"), None),
                Param("run_name", ("str", "none"), None),
            ),
            "Figures, params and the recipe as a run of MLflow.",
        ),
        Component(
            "WandB",
            (
                Param("project", ("str", "none"), None),
                Param("entity", ("str", "none"), None),
                Param("mode", ("str",), "online", choices=("online", "offline", "disabled")),
            ),
            "Figures, params and the recipe as a run of Weights & Biases.",
        ),
    ),
}


@cache
def components(kind: Kind) -> Mapping[str, Component]:
    """Every component of a kind, by name."""
    found = {
        key.split()[1]: _decode(key.split()[1], entry)
        for key, entry in _generated().items()
        if key.startswith(f"{kind} ")
    }
    return found | {component.name: component for component in _OWN.get(kind, ())}


@cache
def _generated() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return found


def generated_from() -> dict[str, str]:
    """The versions of the packages that the file was generated from."""
    versions: dict[str, str] = _generated()["meta"]
    return versions


def _decode(name: str, entry: Mapping[str, Any]) -> Component:
    return Component(name, tuple(_param(*param) for param in entry["params"]), entry["doc"])


def _param(name: str, types: str, facts: Mapping[str, Any] | None = None) -> Param:
    facts = facts or {}
    default = facts.get("default", REQUIRED)
    return Param(
        name,
        tuple(types.split()),
        tuple(default) if isinstance(default, list) else default,
        choices=tuple(facts.get("choices", ())),
        minimum=facts.get("minimum"),
        exclusive_minimum=facts.get("exclusive_minimum"),
        maximum=facts.get("maximum"),
    )
