"""A recipe's data set -> the set in memory."""

from __future__ import annotations

from typing import Any

from netspec.runner.data.digits import load_digits
from netspec.runner.data.imageset import ImageSet
from netspec.runner.recipe.records import Component


def open_set(component: Component) -> ImageSet:
    """The data set that a recipe names; RunError where its files are missing or damaged."""
    arguments: dict[str, Any] = dict(component.arguments)
    if component.name == "Digits":
        return load_digits(**arguments)
    # torchvision takes a second to import; the digits do without it.
    from netspec.runner.data.vision import load_vision

    return load_vision(component.name, **arguments)
