"""What a recipe may name, by kind: data sets, transforms, losses, optimizers, schedulers, metrics.

`components.json` is generated from PyTorch and torchvision; what netspec brings itself stands in `own.py`.

>>> [param.name for param in components("scheduler")["StepLR"].signature]
['step_size', 'gamma']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from netspec.catalog.model import REQUIRED, Param
from netspec.runner.recipe.own import ADDED, OWN, Component

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


@cache
def components(kind: Kind) -> Mapping[str, Component]:
    """Every component of a kind, by name."""
    found = {
        key.split()[1]: _decode(key.split()[1], entry)
        for key, entry in _generated().items()
        if key.startswith(f"{kind} ")
    }
    return found | {component.name: component for component in OWN.get(kind, ())}


@cache
def _generated() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return found


def generated_from() -> dict[str, str]:
    """The versions of the packages that the file was generated from."""
    versions: dict[str, str] = _generated()["meta"]
    return versions


def _decode(name: str, entry: Mapping[str, Any]) -> Component:
    signature = tuple(_param(*param) for param in entry["params"])
    return Component(name, signature + ADDED.get(name, ()), entry["doc"])


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
