"""Modules that cannot be expressed, as ops that an application registers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from netspec.errors import NetspecError
from netspec.importer.constructor import _is_plain as is_plain
from netspec.importer.constructor import _tuples as tuples
from netspec.importer.constructor import printed
from netspec.importer.refusal import Refusal
from netspec.importer.sketch import Const, Use

Register = Callable[[type[nn.Module]], Any]


def opaque_use(module: nn.Module, register: Register) -> Use:
    """The module's class as an op, with the arguments that its attributes say.

    The class is registered in this process; an application that reads the spec must do the same. Refusal
    where arguments cannot be read back, or generated source could not import the class.
    """
    cls = type(module)
    found: dict[str, Any] = {}
    for name, param in inspect.signature(cls).parameters.items():
        value = getattr(module, name, inspect.Parameter.empty)
        if value is not inspect.Parameter.empty and is_plain(value):
            found[name] = tuples(value)
        elif param.default is inspect.Parameter.empty and param.kind not in (
            param.VAR_POSITIONAL,
            param.VAR_KEYWORD,
        ):
            raise Refusal(
                f"it keeps no plain attribute for its argument `{name}`, so it cannot be an op either"
            )
    _check(module, cls, found)
    try:
        register(cls)
    except NetspecError as error:
        raise Refusal(f"it cannot be an op either: {error}") from None
    return Use(cls.__name__, {name: Const(value, name) for name, value in found.items()})


def _check(module: nn.Module, cls: type[nn.Module], arguments: dict[str, Any]) -> None:
    try:
        state = torch.get_rng_state()
        made = cls(**arguments)
        torch.set_rng_state(state)
    except Exception as error:  # a constructor may raise anything
        raise Refusal(f"it cannot be an op either: built from its attributes, it fails: {error}") from None
    shapes = [[(name, each.shape) for name, each in one.state_dict().items()] for one in (made, module)]
    if printed(made) != printed(module) or shapes[0] != shapes[1]:
        raise Refusal("it cannot be an op either: built from its attributes, it is another module")
