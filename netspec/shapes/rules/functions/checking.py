"""Equalities that must hold for every size."""

from __future__ import annotations

from netspec.shapes.agreement import first_difference, same_shape
from netspec.shapes.call import Call, Unmet
from netspec.shapes.dims import DimLike, dim
from netspec.shapes.trying import equal, sample_sizes
from netspec.shapes.values import Shape


def must_equal(
    call: Call,
    a: DimLike,
    b: DimLike,
    message: str,
    *,
    code: str = "NS402",
    argument: str | None = None,
    help: str | None = None,
    expected: object = None,
    unmet: Unmet | None = None,
) -> None:
    """A fault with `message` where two sizes differ for some values of their symbols."""
    if not equal(a, b):
        unmet = Unmet(dim(a), dim(b)) if unmet is None else unmet
        call.fail(code, message, argument=argument, help=help, expected=expected, unmet=unmet)


def must_match(
    call: Call, a: Shape | None, b: Shape | None, message: str, *, code: str = "NS403", argument: str | None
) -> None:
    """A fault with `message` where two shapes differ for some sizes."""
    if not same_shape(a, b):
        unmet = None if a is None or b is None else first_difference(a, b)
        call.fail(code, message, argument=argument, unmet=unmet)


def never_exceeds(a: DimLike, b: DimLike) -> bool:
    """Whether `a <= b` for every size."""
    low, _ = (dim(b) - dim(a)).bounds
    return low >= 0


def always_exceeds(a: DimLike, b: DimLike) -> bool:
    """Whether `a > b` for every size: then no input can satisfy `a <= b`."""
    _, high = (dim(b) - dim(a)).bounds
    return high < 0


def may_be(size: DimLike, value: int) -> bool:
    """Whether a size equals `value` for some of the sizes tried."""
    size = dim(size)
    low, high = size.bounds
    if not low <= value <= high:
        return False
    return any(size.evaluate(sizes) == value for sizes in sample_sizes(size.symbols))
