"""A recipe's `optimizer`, `groups` and `freeze` -> an optimizer of torch.optim over what trains."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from torch import nn, optim
from torch.nn.modules.batchnorm import _NormBase

from netspec.runner.recipe.records import Group, Recipe
from netspec.runner.refusal import refusals_of


def make_optimizer(recipe: Recipe, module: nn.Module) -> optim.Optimizer:
    """Each parameter is in the first group whose pattern fits its path, or in the rest. SpecError where
    PyTorch refuses the arguments."""
    component = recipe.optimizer
    with refusals_of(component):
        made: optim.Optimizer = getattr(optim, component.name)(
            _grouped(module, recipe.groups), **component.stated
        )
    return made


def _grouped(module: nn.Module, groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    found: list[list[nn.Parameter]] = [[] for _ in (*groups, None)]
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            fitting = (place for place, group in enumerate(groups) if fnmatchcase(name, group.match))
            found[next(fitting, len(groups))].append(parameter)
    arguments = [*(dict(group.arguments) for group in groups), {}]
    pairs = zip(found, arguments, strict=True)
    return [{"params": parameters, **own} for parameters, own in pairs if parameters]


def freeze(module: nn.Module, patterns: tuple[str, ...]) -> tuple[nn.Module, ...]:
    """Take what fits a pattern out of training. The norm layers of which nothing trains any more: they
    are to stay in eval mode, so that their statistics do not move either."""
    for name, parameter in module.named_parameters():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            parameter.requires_grad_(False)
    if not patterns:
        return ()
    return tuple(
        each
        for name, each in module.named_modules()
        if isinstance(each, _NormBase) and _is_frozen(name, each, patterns)
    )


def _is_frozen(name: str, layer: nn.Module, patterns: tuple[str, ...]) -> bool:
    own = list(layer.parameters(recurse=False))
    if own:
        return not any(parameter.requires_grad for parameter in own)
    # A norm without weights of its own is frozen where its path is.
    return any(fnmatchcase(f"{name}.weight", pattern) for pattern in patterns)
