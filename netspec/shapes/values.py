"""What a value in a graph is known to be: a tensor with shape and dtype, a tuple, an integer, ...

`UNKNOWN` is a value made by a faulty step or an op without a rule: it silences what depends on it.

>>> from netspec.shapes.dims import symbol
>>> str(Tensor((symbol("N"), const(10)), "float32"))
'float32 [N, 10]'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.shapes.dims import Dim, const

__all__ = [
    "UNKNOWN",
    "DictOf",
    "Integer",
    "Known",
    "ListOf",
    "Nothing",
    "Tensor",
    "TupleOf",
    "Unknown",
    "Value",
    "const",
    "shape_text",
]

Shape: TypeAlias = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor. `shape` is None where not even the rank is known; `dtype` is torch's name.

    Rules decide from shapes and dtypes; `limits` are the least and the greatest of its values, where
    they are known integers.
    """

    shape: Shape | None
    dtype: str | None = "float32"
    limits: tuple[Dim, Dim] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.dtype or 'any dtype'} {shape_text(self.shape)}"


@dataclass(frozen=True, slots=True)
class TupleOf:
    """A tuple; `names` are the fields of a named tuple."""

    items: tuple[Value, ...]
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Value, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True, slots=True)
class DictOf:
    items: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in self.items) + "}"


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer that may depend on dimensions."""

    size: Dim

    def __str__(self) -> str:
        return f"the integer {self.size}"


@dataclass(frozen=True, slots=True)
class Nothing:
    """Python's None: an optional input that was not passed, a left-out result."""

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True, slots=True)
class Unknown:
    reason: str = field(default="", compare=False)

    def __str__(self) -> str:
        return "unknown"


Value: TypeAlias = Tensor | TupleOf | ListOf | DictOf | Integer | Nothing | Unknown

# For `isinstance`: what a rule can answer.
Known = (Tensor, TupleOf, ListOf, DictOf, Integer, Nothing, Unknown)

UNKNOWN = Unknown()


def shape_text(shape: Shape | None) -> str:
    """`[N, 64, 12, 12]`, or `[...]` where the rank is unknown."""
    return "[...]" if shape is None else f"[{', '.join(map(str, shape))}]"
