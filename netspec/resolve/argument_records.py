"""Arguments as the spec writes them: literals, expressions, lists and mappings; and names for expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from netspec.diagnostics import Span
from netspec.resolve.expressions import Parsed
from netspec.syntax import Plain

FAULTY = -1
"""The number of a value that could not be found; it is unknown everywhere."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal of the spec."""

    value: Plain
    span: Span


@dataclass(frozen=True, slots=True)
class Formula:
    """A whole scalar that is one expression. `over_dims`: it needs a size that only a call knows."""

    expression: Parsed
    span: Span
    over_dims: bool = False


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text with expressions inside."""

    parts: tuple[str | Formula, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListArgument:
    items: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DictArgument:
    items: tuple[tuple[str, Argument], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AutoArgument:
    """The word `auto`."""

    span: Span


@dataclass(frozen=True, slots=True)
class FaultyArgument:
    """An argument that was reported; it fits everything and has no value."""

    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop:step` in a subscript."""

    start: Argument | None
    stop: Argument | None
    step: Argument | None


@dataclass(frozen=True, slots=True)
class TensorIndex:
    """A tensor in a subscript: the one at this position among the `indices` of the call."""

    position: int


@dataclass(frozen=True, slots=True)
class Subscript:
    """What stands in `x[...]`: integers, slices, tensors, None for a new dimension, and the text `...`."""

    items: tuple[Argument | Slice | TensorIndex, ...]
    span: Span


Argument: TypeAlias = (
    Constant
    | Formula
    | Interpolated
    | ListArgument
    | DictArgument
    | AutoArgument
    | FaultyArgument
    | Subscript
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments as written, for the source generator and for binding again with values."""

    positional: tuple[Argument, ...] = ()
    keywords: tuple[tuple[str, Span, Argument], ...] = ()

    @property
    def all(self) -> tuple[Argument, ...]:
        return self.positional + tuple(argument for _, _, argument in self.keywords)


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class Turns:
    """`for: {variable: values}` beside a layer or steps, and the `let` names over the variable."""

    variable: str
    values: Argument
    span: Span
    lets: tuple[Let, ...] = ()
