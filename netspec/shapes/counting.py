"""What counts of operations ask of values: shapes, or `Uncounted` where one is not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor

Inputs: TypeAlias = Mapping[str, Any]


class Uncounted(Exception):
    """A shape that the count needs is not known."""


def shape_of(value: object) -> tuple[Dim, ...]:
    if isinstance(value, Tensor) and value.shape is not None:
        return value.shape
    raise Uncounted


def known(shape: tuple[Dim, ...] | None) -> tuple[Dim, ...]:
    if shape is None:
        raise Uncounted
    return shape
