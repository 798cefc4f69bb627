"""Diagonals and matrices made of them: `diagonal`, `diag`, `diag_embed`, `diagflat`, `trace`."""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ZERO, Dim, product
from netspec.shapes.promotion import is_integral
from netspec.shapes.rules.functions.arguments import index, rank_at_least, rank_of
from netspec.shapes.rules.functions.checking import must_match, never_exceeds
from netspec.shapes.values import Shape, Tensor, shape_text


def diagonal_shape(call: Call, shape: Shape, offset: int, dim1: int, dim2: int) -> Shape | None:
    """The shape of a diagonal, which comes last. None where its length has no one form."""
    rank = len(shape)
    first, second = axis(call, dim1, rank, argument="dim1"), axis(call, dim2, rank, argument="dim2")
    if first == second:
        call.fail("NS408", f"`{call.name}` names dimension {first} twice", argument="dim2")
    length = _length(shape[first], shape[second], offset)
    if length is None:
        return None
    return (*(size for at, size in enumerate(shape) if at not in (first, second)), length)


def _length(rows: Dim, columns: Dim, offset: int) -> Dim | None:
    a, b = (rows, columns - offset) if offset >= 0 else (rows + offset, columns)
    if never_exceeds(a, b):
        least = a
    elif never_exceeds(b, a):
        least = b
    else:
        return None
    return ZERO if never_exceeds(least, ZERO) else (least if never_exceeds(ZERO, least) else None)


def diagonal(call: Call) -> Tensor:
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    if shape is None:
        return tensor
    ends = index(call, "dim1", 0), index(call, "dim2", 1)
    return Tensor(diagonal_shape(call, shape, index(call, "offset", 0), *ends), tensor.dtype)


def diagonal_scatter(call: Call) -> Tensor:
    """`src` has the diagonal's shape."""
    tensor, source, part = call.tensor("input"), call.tensor("src"), diagonal(call)
    must_match(
        call,
        part.shape,
        source.shape,
        f"`{call.name}` writes {source} on a diagonal of shape {shape_text(part.shape)}",
        argument="src",
    )
    return tensor


def diag(call: Call) -> Tensor:
    """The matrix of a vector, the diagonal of a matrix."""
    tensor, offset = call.tensor("input"), index(call, "diagonal", 0)
    shape = rank_of(call, tensor, 1, 2)
    if shape is None:
        return tensor
    if len(shape) == 2:
        return Tensor(diagonal_shape(call, shape, offset, 0, 1), tensor.dtype)
    return Tensor((shape[0] + abs(offset),) * 2, tensor.dtype)


def diagflat(call: Call) -> Tensor:
    """The matrix of all values."""
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    return Tensor((product(tensor.shape) + abs(index(call, "offset", 0)),) * 2, tensor.dtype)


def diag_embed(call: Call) -> Tensor:
    """The last dimension becomes the diagonal of two, at `dim1` and `dim2`."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 1)
    if shape is None:
        return tensor
    rank = len(shape) + 1
    first = axis(call, index(call, "dim1", -2), rank, argument="dim1")
    second = axis(call, index(call, "dim2", -1), rank, argument="dim2")
    if first == second:
        call.fail("NS408", f"`{call.name}` names dimension {first} twice", argument="dim2")
    side, rest = shape[-1] + abs(index(call, "offset", 0)), iter(shape[:-1])
    return Tensor(tuple(side if at in (first, second) else next(rest) for at in range(rank)), tensor.dtype)


def trace(call: Call) -> Tensor:
    """The sum of a matrix's diagonal; integers add up in int64."""
    tensor = call.tensor("input")
    rank_of(call, tensor, 2)
    return Tensor((), "int64" if is_integral(tensor.dtype) else tensor.dtype)


RULES: dict[str, Rule] = {
    "diagonal": diagonal,
    "diagonal_scatter": diagonal_scatter,
    "diag": diag,
    "diagflat": diagflat,
    "diag_embed": diag_embed,
    "trace": trace,
}
