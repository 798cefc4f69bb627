"""Whether two shapes are equal for every size, and where they are not.

>>> from netspec.shapes.dims import const, symbol
>>> first_difference((symbol("N"), symbol("T")), (symbol("N"), const(4)))
Unmet(left=Dim(T), right=Dim(4), kind='equal', told='')
"""

from __future__ import annotations

from netspec.shapes.call import Unmet
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape


def first_difference(a: Shape, b: Shape) -> Unmet | None:
    """The first two sizes that are not equal for every size; None where there are none, or the ranks
    differ."""
    if len(a) != len(b):
        return None
    return next((Unmet(x, y) for x, y in zip(a, b, strict=True) if not equal(x, y)), None)


def same_shape(a: Shape | None, b: Shape | None) -> bool:
    """Whether two shapes are equal for every size; an unknown one counts as equal."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and first_difference(a, b) is None
