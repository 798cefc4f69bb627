"""Integers over dimensions as values that flow: inputs that are integers, and what blocks return of them."""

from __future__ import annotations

from typing import Any

from netspec.graph.ir import GraphInput
from netspec.shapes.call import Fault, describe
from netspec.shapes.dims import Dim, dim
from netspec.shapes.values import Integer, TupleOf, Unknown


def as_value(value: Any) -> Any:
    """An integer, or a tuple of integers, as a value; anything else as it is."""
    match value:
        case bool():
            return value
        case int() | Dim():
            return Integer(dim(value))
        case tuple():
            return TupleOf(tuple(as_value(item) for item in value))
    return value


def enter_integers(name: str, value: object, declared: GraphInput, sizes: dict[str, Dim]) -> None:
    """Bind the symbols of an input that is made of integers; a Fault where others come."""
    single = isinstance(declared.integers, Dim)
    wanted = (declared.integers,) if isinstance(declared.integers, Dim) else declared.integers or ()
    value = as_value(value)
    if isinstance(value, TupleOf) and any(isinstance(item, Unknown) for item in value.items):
        return
    given = _sizes(value)
    if given is None or single != isinstance(value, Integer) or len(given) != len(wanted):
        takes = "an integer" if single else f"a tuple of {len(wanted)} integers"
        what = value if isinstance(value, Integer | TupleOf) else describe(value)
        raise Fault(
            "NS410",
            f"`{name}` takes {takes} for `{declared.name}` but receives {what}",
            help="give it that: an expression such as `$n`, or what a block returned",
        )
    for each, size in zip(wanted, given, strict=True):
        (own,) = each.symbols
        sizes[own.name] = size


def _sizes(value: object) -> tuple[Dim, ...] | None:
    """The integers of a value; None where it holds anything else."""
    match value:
        case Integer(size=size):
            return (size,)
        case TupleOf(items=items):
            sizes = [item.size for item in items if isinstance(item, Integer)]
            return tuple(sizes) if len(sizes) == len(items) else None
    return None
