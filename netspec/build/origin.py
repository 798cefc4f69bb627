"""Which spec a module comes from, and with which params: what `netspec.save` stores beside the weights.

It is kept beside the instance and not in it, so that a compiled module has nothing that a hand-written one
has not. Copies and pickles take it along (`source_class.py`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

from netspec.carry import Bundle

_bundles: WeakKeyDictionary[type[nn.Module], Bundle] = WeakKeyDictionary()
_origins: WeakKeyDictionary[nn.Module, Origin] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Origin:
    """The texts of the spec, and the values of its params as the spec writes them. One that is no plain
    data, such as a class for a param of type `op`, is `Opaque`."""

    bundle: Bundle
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that only Python knows."""

    text: str


def origin_of(module: nn.Module) -> Origin | None:
    """Where a module comes from; None for one that netspec did not compile."""
    return _origins.get(module)


def remember(module: nn.Module, origin: Origin) -> None:
    _origins[module] = origin


def remember_class(compiled: type[nn.Module], bundle: Bundle) -> None:
    """Let each instance of a class know the bundle, and what it was called with."""
    if compiled not in _bundles:
        # `__init__` stays as its source has it, in tracebacks too.
        compiled.__new__ = _recording(compiled)  # type: ignore[method-assign]
    _bundles[compiled] = bundle


def _recording(compiled: type[nn.Module]) -> Any:
    signature = inspect.signature(compiled)

    @functools.wraps(compiled.__init__)
    def new(cls: type[nn.Module], *args: Any, **kwargs: Any) -> nn.Module:
        instance: nn.Module = object.__new__(cls)
        # A subclass is the application's own, and may be anything.
        if cls is compiled:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                # `__init__` says what is wrong; a copy calls without arguments, and knows its origin.
                return instance
            bound.apply_defaults()
            remember(instance, Origin(_bundles[compiled], {k: _plain(v) for k, v in bound.arguments.items()}))
        return instance

    return new


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case type() if value.__module__.startswith("torch.nn.modules."):
            return value.__name__
    return Opaque(repr(value))
