"""The public classes of `torch.nn` -> ops, with what their constructor and their forward take."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from netspec.catalog import overlay, overlay_names
from netspec.catalog.generate_docs import summary
from netspec.catalog.generate_types import literals, plain_default, words
from netspec.catalog.model import REQUIRED, Op, Param, Signature


def module_ops() -> list[Op]:
    """Every module class that `torch.nn` exports, but for containers, which the language has itself."""
    return [
        _op(getattr(nn, name)) for name in sorted(nn.modules.__all__) if is_layer(name, getattr(nn, name))
    ]


def is_layer(name: str, cls: object) -> bool:
    public = name in nn.modules.__all__ and name not in overlay_names.EXCLUDED_MODULES
    return public and isinstance(cls, type) and issubclass(cls, nn.Module)


def _op(cls: type[nn.Module]) -> Op:
    name = cls.__name__
    signature = overlay.apply(name, _constructor(cls))
    return Op(
        name=name,
        kind="module",
        source=f"nn.{name}",
        signatures=(signature,),
        call=overlay.apply(f"{name}.forward", parameters(cls.forward, name)),
        doc=overlay.DOCS.get(name) or summary(cls.__doc__, name),
        bases=tuple(base.__name__ for base in cls.__mro__[1:] if is_layer(base.__name__, base)),
    )


def _constructor(cls: type[nn.Module]) -> Signature:
    """The constructor's parameters; an untyped one takes the type of its like in a base class."""
    overloads = typing.get_overloads(cls.__init__)
    function: Callable[..., Any] = overloads[0] if overloads else cls.__init__
    signature = parameters(function, cls.__name__)
    if not issubclass(cls, LazyModuleMixin):
        return signature
    eager = cls.cls_to_become
    if eager is None:
        return signature
    known = {param.name: param for param in parameters(eager.__init__, eager.__name__)}
    return tuple(
        replace(param, types=known[param.name].types) if param.name in known else param for param in signature
    )


def _dropped(name: str, owner: str) -> bool:
    unfit = f"{owner}.{name}" in overlay_names.DROPPED_OF_OPS
    return name.startswith("_") or name in overlay_names.DROPPED_OF_MODULES or unfit


def parameters(function: Callable[..., Any], owner: str, *, method: bool = True) -> Signature:
    """All parameters (of a method, behind `self`) that a spec may give; those behind a dropped one need
    keywords."""
    found: list[Param] = []
    keyword_only = False
    for param in list(inspect.signature(function).parameters.values())[1 if method else 0 :]:
        if param.kind in (param.VAR_POSITIONAL, param.VAR_KEYWORD):
            continue
        keyword_only |= param.kind is param.KEYWORD_ONLY
        if _dropped(param.name, owner):
            keyword_only = True
            continue
        found.append(replace(_param(param), keyword_only=keyword_only))
    return tuple(found)


def _param(param: inspect.Parameter) -> Param:
    default = REQUIRED if param.default is param.empty else plain_default(param.default)
    if param.annotation is param.empty:
        types: tuple[str, ...] = (overlay_names.TYPE_OF_DEFAULT.get(type(default), "any"),)
        return Param(param.name, types, default)
    annotation = inspect.formatannotation(param.annotation)
    types = words(annotation)
    if default is None and "none" not in types:
        types += ("none",)
    return Param(param.name, types, default, choices=literals(annotation))
