"""The Program: the spec with every name resolved, loops and params still in place.

A module's forward is a list of `Call`s in static single assignment: each value has one number, and
branches are already in line. Elaboration gives the arguments their values; the source generator
gives the values their variable names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from netspec.catalog.model import Op
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


Argument: TypeAlias = (
    Constant | Formula | Interpolated | ListArgument | DictArgument | AutoArgument | FaultyArgument
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
class Param:
    """A constructor argument of the compiled class. `default` is `REQUIRED` where it has none.
    A `faulty` one was reported; its name is known and its value is not."""

    name: str
    type: str
    default: Any
    span: Span
    minimum: float | None = None
    maximum: float | None = None
    doc: str = ""
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a declared shape: a name, a number or expression, `_`, or `...`. A `faulty` one
    was reported, and leaves the whole shape unknown."""

    kind: Literal["name", "size", "any", "ellipsis", "faulty"]
    span: Span
    name: str = ""
    typical: int | None = None
    size: Argument | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """An argument of `forward`. A `faulty` one was reported; its value is unknown."""

    name: str
    shape: tuple[Dimension, ...]
    dtype: str
    span: Span
    value: int
    optional: bool = False
    range: tuple[int, int] | None = None
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A submodule. `op` is set for a catalog layer, `container` with `children` for a container.
    A `faulty` one was reported; what it makes is unknown."""

    name: str
    span: Span
    op: Op | None = None
    op_span: Span | None = None
    arguments: Arguments = field(default_factory=Arguments)
    container: str | None = None
    children: tuple[Layer, ...] = ()
    faulty: bool = False

    @property
    def class_name(self) -> str:
        return self.container or (self.op.name if self.op is not None else "?")


@dataclass(frozen=True, slots=True)
class ValueRef:
    """The value with this number."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A parameter or buffer of a layer, by its path (`qkv.weight`)."""

    path: tuple[str, ...]
    tensor: str
    span: Span


@dataclass(frozen=True, slots=True)
class OperandList:
    """Sources packed into the one list argument of ops such as `cat`."""

    items: tuple[Operand, ...]
    span: Span


Operand: TypeAlias = ValueRef | TensorRef | OperandList | Argument


@dataclass(frozen=True, slots=True)
class Names:
    """What a call's result is bound to: one value, or a pattern over several (None drops one)."""

    values: tuple[int | None | Names, ...]
    unpack: bool

    @property
    def flat(self) -> tuple[int, ...]:
        found: list[int] = []
        for value in self.values:
            if isinstance(value, Names):
                found.extend(value.flat)
            elif value is not None:
                found.append(value)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Call:
    """One step: a layer (by path) or an op, on operands, with arguments; its results.

    `operands` come first, then the positional `arguments`. A `faulty` call was reported."""

    layer: tuple[str, ...] | None
    op: Op | None
    name: str
    span: Span
    operands: tuple[Operand, ...]
    keyword_operands: tuple[tuple[str, Span, Operand], ...]
    arguments: Arguments
    results: Names
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """What `forward` returns: one value, a tuple, or a dict."""

    kind: Literal["single", "tuple", "dict"]
    items: tuple[tuple[str, ValueRef], ...]


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class ValueInfo:
    """A value's name where it has one (an input or an `as` name), and where it is made."""

    name: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Module:
    """One module class."""

    name: str
    span: Span
    doc: str | None
    params: tuple[Param, ...]
    lets: tuple[Let, ...]
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    forward: tuple[Call, ...]
    output: Output | None
    values: dict[int, ValueInfo]
    unread_lets: bool = False
    """Whether a `let` was reported, which may have mentioned any param."""

    def layer(self, path: tuple[str, ...]) -> Layer | None:
        """The layer at a path, or None."""
        children, found = self.layers, None
        for name in path:
            found = next((layer for layer in children if layer.name == name), None)
            if found is None:
                return None
            children = found.children
        return found


@dataclass(frozen=True, slots=True)
class Program:
    """A spec, resolved. `main` is the class that the file describes."""

    main: Module
    path: str
