"""Integers that remember the sizes they were computed from, and the comparisons made of them.

While a module is traced, `x.shape` gives `Size`s. They are integers, so that all Python code works on
them; arithmetic keeps the formula, and each comparison is a guard: the trace holds only where it has
the same outcome.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from netspec.importer.refusal import Place, place_of, user_frame


@dataclass(frozen=True, slots=True)
class SizeOf:
    """The size of a value's dimension, `x.shape[2]`."""

    value: int
    dim: int


@dataclass(frozen=True, slots=True)
class Given:
    """An integer that is an input, or the result of a call."""

    value: int


@dataclass(frozen=True, slots=True)
class Computed:
    """`left sign right`."""

    sign: str
    left: Formula
    right: Formula


Formula: TypeAlias = "SizeOf | Given | Computed | int"


def leaves(formula: Formula) -> Iterator[SizeOf | Given]:
    match formula:
        case Computed(left=left, right=right):
            yield from leaves(left)
            yield from leaves(right)
        case SizeOf() | Given():
            yield formula


@dataclass(frozen=True, slots=True)
class Guard:
    """A comparison whose outcome decided how Python went on."""

    sign: str
    left: Formula
    right: Formula
    place: Place | None


class Size(int):
    """An integer with the formula it came from. `owner` is the recorder whose values the formula names."""

    formula: Formula
    owner: Any

    def __new__(cls, value: int, formula: Formula, owner: Any) -> Size:
        made = super().__new__(cls, value)
        made.formula = formula
        made.owner = owner
        return made

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __neg__(self) -> Size:
        return Size(-int(self), Computed("-", 0, self.formula), self.owner)

    def __bool__(self) -> bool:
        return _guarded(self, 0, "!=", operator.ne)

    def __reduce__(self) -> Any:
        return int, (int(self),)


def _formula(value: Any, owner: Any) -> Formula:
    if isinstance(value, Size):
        return value.formula if value.owner is owner else int(value)
    return int(value)


def _arithmetic(sign: str, compute: Callable[[int, int], int]) -> tuple[Any, Any]:
    def forward(self: Size, other: Any) -> Any:
        if type(other) not in (int, Size):
            return getattr(int, _NAMES[sign])(int(self), other)
        other_formula = _formula(other, self.owner)
        return Size(compute(int(self), int(other)), Computed(sign, self.formula, other_formula), self.owner)

    def backward(self: Size, other: Any) -> Any:
        if type(other) is not int:
            return getattr(int, f"__r{_NAMES[sign][2:]}")(int(self), other)
        return Size(compute(other, int(self)), Computed(sign, other, self.formula), self.owner)

    return forward, backward


def _guarded(left: Size, right: Any, sign: str, compare: Callable[[int, int], bool]) -> bool:
    if not isinstance(right, int) or isinstance(right, bool):
        return bool(compare(int(left), right))
    frame = user_frame()
    left.owner.guards.append(Guard(sign, left.formula, _formula(right, left.owner), place_of(frame)))
    return bool(compare(int(left), int(right)))


def _comparison(sign: str, compare: Callable[[int, int], bool]) -> Any:
    def method(self: Size, other: Any) -> bool:
        return _guarded(self, other, sign, compare)

    return method


_NAMES = {"+": "__add__", "-": "__sub__", "*": "__mul__", "//": "__floordiv__", "%": "__mod__"}
for _sign, _compute in zip(
    _NAMES, (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod), strict=True
):
    _forward, _backward = _arithmetic(_sign, _compute)
    setattr(Size, _NAMES[_sign], _forward)
    setattr(Size, f"__r{_NAMES[_sign][2:]}", _backward)
for _sign, _name in {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}.items():
    setattr(Size, f"__{_name}__", _comparison(_sign, getattr(operator, _name)))
