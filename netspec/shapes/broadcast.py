"""Broadcasting of symbolic shapes: sizes are aligned at the end, and a size of 1 fits any other.

Two sizes fit if they are equal, or one of them is 1, for every value of their symbols. So `N` does
not fit `4`: the two agree for N = 1 and N = 4 alone.

>>> from netspec.shapes.dims import const, symbol
>>> from netspec.shapes.values import shape_text
>>> shape_text(broadcast((symbol("N"), const(1), const(8)), (const(5), const(1))))
'[N, 5, 8]'
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.shapes.call import Call, Unmet
from netspec.shapes.dims import ONE, Dim
from netspec.shapes.trying import equal, sample_sizes
from netspec.shapes.values import Shape, Tensor, shape_text


@dataclass(frozen=True)
class Clash(Exception):
    """Two sizes that do not fit, and their dimension, counted from the end (-1 the last)."""

    axis: int
    left: Dim
    right: Dim

    @property
    def unmet(self) -> Unmet:
        return Unmet(self.left, self.right, "broadcast")


def broadcast(*shapes: Shape | None) -> Shape | None:
    """The common shape; None where one is unknown. Raises `Clash` where there is none."""
    result: Shape | None = ()
    for shape in shapes:
        result = None if result is None or shape is None else _pair(result, shape)
    return result


def _pair(a: Shape, b: Shape) -> Shape | None:
    rank = max(len(a), len(b))
    a, b = (ONE,) * (rank - len(a)) + a, (ONE,) * (rank - len(b)) + b
    sizes = [broadcast_size(x, y, axis - rank) for axis, (x, y) in enumerate(zip(a, b, strict=True))]
    known = tuple(size for size in sizes if size is not None)
    return known if len(known) == rank else None


def broadcast_size(a: Dim, b: Dim, axis: int = -1) -> Dim | None:
    """The common size of one dimension. Raises `Clash`.

    None where the two fit for every size but no one form gives the result.
    """
    if a == b or b == ONE:
        return a
    if a == ONE:
        return b
    if equal(a, b):
        return a
    sometimes_one = [False, False]
    for sizes in sample_sizes(a.symbols | b.symbols):
        left, right = a.evaluate(sizes), b.evaluate(sizes)
        if left != right and left != 1 and right != 1:
            raise Clash(axis, a, b)
        sometimes_one[0] |= left == 1 and right != 1
        sometimes_one[1] |= right == 1 and left != 1
    if all(sometimes_one):
        return None
    return b if sometimes_one[0] else a


def broadcast_inputs(call: Call, *tensors: Tensor, argument: str | None = None) -> Shape | None:
    """The common shape of a call's tensors; the fault NS403 where there is none."""
    try:
        return broadcast(*(tensor.shape for tensor in tensors))
    except Clash as clash:
        shapes = " with ".join(shape_text(tensor.shape) for tensor in tensors)
        where = f"dimension {clash.axis} is {clash.left} and {clash.right}"
        call.fail(
            "NS403",
            f"`{call.name}` cannot broadcast {shapes}: {where}",
            argument=argument,
            help="sizes, aligned at the end, must be equal or 1",
            unmet=clash.unmet,
        )
