"""Sizes are compared by trying numbers for their symbols.

>>> from netspec.shapes.dims import symbol
>>> n = symbol("N")
>>> equal(n + n, 2 * n), equal(n, 4)
(True, False)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from netspec.shapes.dims import TRIED, Dim, DimLike, Symbol, dim


def equal(a: DimLike, b: DimLike) -> bool:
    """Whether two sizes are equal for all values of their symbols (see `counterexample`)."""
    return counterexample(a, b) is None


def counterexample(a: DimLike, b: DimLike) -> dict[str, int] | None:
    """Sizes for which `a` and `b` differ; {} where they always do; None where they are equal.

    Two polynomials with equal forms are equal. Unequal forms without floors differ somewhere
    in the small grid that is tried (a polynomial of degree d has no more than d roots a
    variable); forms with floors that agree on the whole grid are taken as equal.
    """
    difference = dim(a) - dim(b)
    if not difference.terms:
        return None
    if difference.value is not None:
        return {}
    names = sorted(difference.symbols, key=lambda s: s.name)
    for sizes in sample_sizes(names):
        if difference.evaluate(sizes) != 0:
            return sizes
    return None


def sample_sizes(symbols: Iterable[Symbol]) -> Iterable[dict[str, int]]:
    """A grid of sizes to try: all combinations for up to two symbols, a spread of them beyond."""
    known = sorted(symbols, key=lambda s: s.name)
    if len(known) <= 2:
        for values in itertools.product(TRIED, repeat=len(known)):
            yield {s.name: s.within(v) for s, v in zip(known, values, strict=True)}
        return
    for turn in range(200):
        yield {
            s.name: s.within(TRIED[(turn * (2 * i + 1) + i * i) % len(TRIED)]) for i, s in enumerate(known)
        }


def first_beyond(size: Dim, limit: int) -> dict[str, int] | None:
    """Sizes of the symbols for which `size` exceeds `limit`, as small as doubling and halving finds them;
    None where it never does."""
    if size.bounds[1] <= limit:
        return None
    symbols = size.symbols

    def at(number: int) -> dict[str, int]:
        return {
            s.name: max(s.minimum, number if s.maximum is None else min(number, s.maximum)) for s in symbols
        }

    numbers = itertools.takewhile(lambda n: n <= _MOST_TRIED, (2**k for k in itertools.count()))
    above = next((n for n in numbers if size.evaluate(at(n)) > limit), None)
    if above is None:
        return None
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        above, below = (middle, below) if size.evaluate(at(middle)) > limit else (above, middle)
    return at(above)


_MOST_TRIED = 2**40
