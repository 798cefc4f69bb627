"""Equalities that must hold for every size; where one does not, the fault names sizes that break it."""

from __future__ import annotations

from netspec.shapes.broadcast import sizes_text
from netspec.shapes.call import Call
from netspec.shapes.dims import DimLike, counterexample, dim, sample_sizes
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
) -> None:
    """A fault with `message` where two sizes differ for some values of their symbols."""
    example = counterexample(a, b)
    if example is not None:
        suffix = f" (they differ for {sizes_text(example)})" if example else ""
        call.fail(code, message + suffix, argument=argument, help=help, expected=expected)


def same_shape(a: Shape | None, b: Shape | None) -> bool:
    """Whether two shapes are equal for every size; an unknown one counts as equal."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(counterexample(x, y) is None for x, y in zip(a, b, strict=True))


def must_match(
    call: Call, a: Shape | None, b: Shape | None, message: str, *, code: str = "NS403", argument: str | None
) -> None:
    """A fault with `message` where two shapes differ for some sizes."""
    if not same_shape(a, b):
        call.fail(code, message, argument=argument)


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
