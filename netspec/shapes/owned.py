"""The record of a tensor that a module owns, and the sizes its shape is made of.

A setting that is still `auto` becomes the size `UNSOLVED`; a shape that depends on it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from netspec.shapes.call import AUTO
from netspec.shapes.dims import Dim, DimLike, dim, symbol
from netspec.shapes.values import Shape

UNSOLVED = symbol("auto")

Settings: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OwnedTensor:
    """A parameter or buffer. `name` is its path below the module; `shape` is None where a size is
    still `auto`; a buffer that is not `persistent` is no part of the state."""

    name: str
    shape: Shape | None
    dtype: str = "float32"
    kind: Literal["parameter", "buffer"] = "parameter"
    persistent: bool = True


def parameter(name: str, *sizes: DimLike) -> OwnedTensor:
    return OwnedTensor(name, _shape(sizes))


def buffer(name: str, *sizes: DimLike, dtype: str = "float32") -> OwnedTensor:
    return OwnedTensor(name, _shape(sizes), dtype, "buffer")


def within(prefix: str, owned: tuple[OwnedTensor, ...]) -> tuple[OwnedTensor, ...]:
    """The same tensors seen from the module that holds theirs as `prefix`."""
    return tuple(replace(each, name=f"{prefix}.{each.name}") for each in owned)


def size(settings: Settings, name: str) -> Dim:
    """An integer setting as a size."""
    value = settings[name]
    return UNSOLVED if value is AUTO else dim(value)


def sizes(value: Any, count: int | None = None) -> tuple[Dim, ...]:
    """A setting that is one size, for each of `count` dimensions, or a list of them."""
    if value is AUTO:
        return (UNSOLVED,)
    if isinstance(value, tuple):
        return tuple(UNSOLVED if item is AUTO else dim(item) for item in value)
    return (dim(value),) * (count or 1)


def quotient(a: Dim, b: DimLike) -> Dim:
    """`a // b`, where that is one formula."""
    try:
        return a // b
    except (ValueError, ZeroDivisionError):
        return UNSOLVED


def _shape(found: tuple[DimLike, ...]) -> Shape | None:
    shape = tuple(map(dim, found))
    return None if any(UNSOLVED.symbols & each.symbols for each in shape) else shape
