"""Reading a module's constructor arguments: one integer for each spatial dimension, and their checks.

Checks look at settings alone; an argument that is `auto` passes, and is checked once it is solved.

>>> from netspec.shapes.call import Call
>>> per_dimension(Call("Conv2d", "conv1", {"kernel_size": 3}), "kernel_size", 2)
(3, 3)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from netspec.shapes.call import AUTO, Call
from netspec.shapes.dims import Dim, dim
from netspec.shapes.values import Integer, ListOf, Nothing, TupleOf

Check: TypeAlias = Callable[[Call], None]

Result = TypeVar("Result")

SOLVED = frozenset(
    "in_features in_channels num_features normalized_shape input_size num_channels num_parameters embed_dim"
    " kdim vdim d_model in1_features in2_features input_channels".split()
)
"""The constructor arguments that may be `auto`: sizes of the input."""


def guarded(function: Callable[[Call], Result]) -> Callable[[Call], Result]:
    """The rule or check, after NS306 for an `auto` that no rule solves; sizes come as integers."""

    @wraps(function)
    def with_guard(call: Call) -> Result:
        for name, value in call.settings.items():
            nested = isinstance(value, tuple) and any(item is AUTO for item in value)
            if nested or (value is AUTO and name not in SOLVED):
                call.fail(
                    "NS306",
                    f"`auto` cannot stand for {'a part of ' if nested else ''}`{name}` of `{call.name}`",
                    argument=name,
                    help="write the value; `auto` stands for a size of the input, such as in_features",
                )
        return function(replace(call, settings={key: _plain(value) for key, value in call.settings.items()}))

    return with_guard


def _plain(value: Any) -> Any:
    """A setting with the sizes that are numbers as integers."""
    return tuple(map(integer, value)) if isinstance(value, tuple) else integer(value)


def integer(value: Any) -> Any:
    """A `Dim` that is a number as that number; all else as it is."""
    return value.value if isinstance(value, Dim) and value.value is not None else value


def per_dimension(call: Call, argument: str, count: int, *, single: bool = True) -> tuple[Any, ...]:
    """A setting that is one size for all dimensions, or a list of one for each (NS204).

    Items are integers, or a `Dim` where the setting depends on a symbolic param.
    `single`: a list of one also stands for all.
    """
    value = integer(call.settings[argument])
    if not isinstance(value, tuple):
        return (value,) * count
    if len(value) == 1 and single:
        return tuple(map(integer, value)) * count
    if len(value) != count:
        call.fail(
            "NS204",
            f"`{call.name}` takes {count} {'number' if count == 1 else 'numbers'} for {argument} "
            f"but gets {len(value)}",
            argument=argument,
            help=f"give one integer, or a list of {count}",
        )
    return tuple(map(integer, value))


def numbers(call: Call, argument: str, count: int) -> tuple[int, ...]:
    """As `per_dimension`, where the rule needs plain numbers; NS303 where one is symbolic."""
    return tuple(plain(call, argument, value) for value in per_dimension(call, argument, count))


def number(call: Call, argument: str) -> int:
    """A setting that must be a plain integer."""
    return plain(call, argument, call.settings[argument])


def plain(call: Call, argument: str, value: Any) -> int:
    found: int | Dim = integer(value)
    if isinstance(found, Dim):
        call.fail(
            "NS303",
            f"`{call.name}` needs a number for {argument} but gets {found}",
            argument=argument,
            help="a size that depends on a dimension cannot stand here",
        )
    return found


def concrete(check: Check) -> Check:
    """The check, passing settings that hold a symbolic size: they are checked once it has a value."""

    @wraps(check)
    def checked(call: Call) -> None:
        values = [item for value in call.settings.values() for item in _members(value)]
        if not any(isinstance(value, Dim) for value in values):
            check(call)

    return checked


def at_least(call: Call, minimum: int, *arguments: str) -> None:
    """NS205 where a setting, or a member of it, is below `minimum`."""
    for argument in arguments:
        for value in _members(call.settings.get(argument)):
            if isinstance(value, int | float) and value < minimum:
                call.fail(
                    "NS205",
                    f"`{call.name}` takes a {argument} of at least {minimum} but gets {value}",
                    argument=argument,
                    help=f"set {argument} to {minimum} or more",
                )


def above(call: Call, bound: float, *arguments: str) -> None:
    """NS205 where a number is not above `bound`."""
    for argument in arguments:
        value = call.settings.get(argument)
        if isinstance(value, int | float) and value <= bound:
            call.fail(
                "NS205",
                f"`{call.name}` takes a {argument} above {bound} but gets {value}",
                argument=argument,
                help=f"set {argument} to more than {bound}",
            )


def probability(call: Call, argument: str = "p") -> None:
    """NS205 where a probability lies outside 0 to 1."""
    value = call.settings.get(argument, 0)
    if isinstance(value, int | float) and not 0 <= value <= 1:
        call.fail(
            "NS205",
            f"`{call.name}` takes a probability for {argument} but gets {value}",
            argument=argument,
            help="use a number from 0 to 1",
        )


def divisible(call: Call, argument: str, by: str) -> None:
    """NS408 unless the setting `by` divides the setting `argument` (both may still be `auto`)."""
    size, divisor = integer(call.settings[argument]), integer(call.settings[by])
    check_divisible(call, argument, size, by, divisor)


def check_divisible(call: Call, argument: str, size: Any, by: str, divisor: Any) -> None:
    """As `divisible`, for values that are known already."""
    size = integer(size)
    if not isinstance(size, int) or not isinstance(divisor, int) or (divisor > 0 and size % divisor == 0):
        return
    call.fail(
        "NS408",
        f"`{call.name}` has {argument} = {size}, which its {by} = {divisor} does not divide",
        argument=by,
        help=f"choose {by} so that it divides {argument}",
    )


def passed(call: Call, argument: str) -> Any:
    """An optional argument of the call; None where it is left out."""
    value = call.inputs.get(argument)
    return None if isinstance(value, Nothing) else value


def size_list(value: Any) -> tuple[Dim, ...] | None:
    """A list of sizes given to a call, in any of its forms; None where it is no such list."""
    items: Any = value.items if isinstance(value, TupleOf | ListOf) else value
    if not isinstance(items, tuple | list):
        return None
    sizes = [item.size if isinstance(item, Integer) else item for item in items]
    return tuple(map(dim, sizes)) if all(isinstance(size, int | Dim) for size in sizes) else None


def _members(value: Any) -> tuple[Any, ...]:
    return tuple(map(integer, value)) if isinstance(value, tuple) else (integer(value),)
