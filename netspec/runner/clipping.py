"""A recipe's `clip` -> what is done to the gradients before each step."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from netspec.runner.recipe.records import Clip


def make_clip(clip: Clip | None, module: nn.Module) -> Callable[[], None] | None:
    """A function that clips the gradients in place, or None."""
    if clip is None:
        return None
    parameters = [each for each in module.parameters() if each.requires_grad]
    norm, value = clip.norm, clip.value
    if norm is not None:
        return lambda: _clip_norm(parameters, norm)
    assert value is not None
    return lambda: nn.utils.clip_grad_value_(parameters, value)


def _clip_norm(parameters: list[nn.Parameter], norm: float) -> None:
    nn.utils.clip_grad_norm_(parameters, norm)
