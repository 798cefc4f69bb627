"""What forward is made of: calls on numbered values, loops and conditions over them, and what is returned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.resolve.argument_records import (
    Argument,
    Arguments,
    Formula,
    Interpolated,
    Let,
    Turns,
)


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


PathPart: TypeAlias = str | Interpolated | Formula


@dataclass(frozen=True, slots=True)
class Call:
    """One step: a layer (by path) or an op, on operands, with arguments; its results.

    `operands` come first, then the positional `arguments`. In the path of a layer, a name with an
    expression is an `Interpolated`. `collect` is the list of what the members of a `ModuleList` give. A
    `faulty` call was reported."""

    layer: tuple[PathPart, ...] | None
    op: Op | None
    name: str
    span: Span
    operands: tuple[Operand, ...]
    keyword_operands: tuple[tuple[str, Span, Operand], ...]
    arguments: Arguments
    results: Names
    faulty: bool = False
    collect: int | None = None

    @property
    def made(self) -> tuple[int, ...]:
        """Every value that the call makes."""
        return self.results.flat if self.collect is None else (*self.results.flat, self.collect)


@dataclass(frozen=True, slots=True)
class Carried:
    """A value that steps may change, at the three times that matter: `before` they begin (NOTHING
    where it does not exist yet), at the `end` of the steps, and `after` them. In a loop, `after` is
    also what each turn begins with."""

    before: int
    end: int
    after: int


NOTHING = -2
"""The number of Python's None: a value whose step was left out."""


@dataclass(frozen=True, slots=True)
class StepLoop:
    """Steps that run `repeat` times, or once for each value of `turns`."""

    body: tuple[Item, ...]
    carried: tuple[Carried, ...]
    span: Span
    turns: Turns | None = None
    repeat: Argument | None = None


@dataclass(frozen=True, slots=True)
class IsGiven:
    """The condition `{given: NAME}`: the value is not None."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class StepChoice:
    """Steps that run only if `when` holds."""

    body: tuple[Item, ...]
    carried: tuple[Carried, ...]
    span: Span
    when: Argument | IsGiven


@dataclass(frozen=True, slots=True)
class StepSizes:
    """`shape`: binds the sizes of a value to names (None drops one)."""

    operand: Operand
    names: tuple[str | None, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StepLets:
    """`let` as a step: names integers over dimensions."""

    lets: tuple[Let, ...]
    span: Span


Item: TypeAlias = Call | StepLoop | StepChoice | StepSizes | StepLets


def calls_in(items: tuple[Item, ...]) -> Iterator[Call]:
    """Every call, those inside loops and choices too, in the order of the text."""
    for item in items:
        if isinstance(item, Call):
            yield item
        elif isinstance(item, StepLoop | StepChoice):
            yield from calls_in(item.body)


@dataclass(frozen=True, slots=True)
class Output:
    """What `forward` returns: one value, a tuple, a dict or a named tuple; tuples and dicts nest."""

    kind: Literal["single", "tuple", "dict", "namedtuple"]
    items: tuple[tuple[str, ValueRef | Formula | Output], ...]
    class_name: str = ""

    @property
    def refs(self) -> Iterator[ValueRef]:
        """The values inside, in order."""
        for _, item in self.items:
            if isinstance(item, Output):
                yield from item.refs
            elif isinstance(item, ValueRef):
                yield item

    @property
    def formulas(self) -> Iterator[Formula]:
        """The expressions inside, in order: integers over dimensions."""
        for _, item in self.items:
            if isinstance(item, Output):
                yield from item.formulas
            elif isinstance(item, Formula):
                yield item


@dataclass(frozen=True, slots=True)
class ValueInfo:
    """A value's name where it has one (an input or an `as` name), and where it is made."""

    name: str | None
    span: Span
