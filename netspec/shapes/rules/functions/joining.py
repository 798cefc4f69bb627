"""Functions that join tensors: `cat`, `stack`, `hstack` and their like, `meshgrid`, `block_diag`.

>>> from netspec.shapes.dims import symbol
>>> from netspec.shapes.values import ListOf
>>> n = symbol("N")
>>> pair = ListOf((Tensor((n, const(3))), Tensor((n, const(5)))))
>>> str(cat(Call("cat", "cat", inputs={"tensors": pair, "dim": 1})))
'float32 [N, 8]'
"""

from __future__ import annotations

from netspec.shapes.agreement import first_difference, same_shape
from netspec.shapes.axes import axis, dimensions
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, ZERO, const, product
from netspec.shapes.promotion import result_dtype
from netspec.shapes.rules.functions.arguments import given, index, same_dtype, tensors
from netspec.shapes.rules.functions.reshaping import padded
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, TupleOf, Value, shape_text


def _some(call: Call) -> tuple[Tensor, ...]:
    """The tensors to join, of which there must be one at least."""
    found = tensors(call, "tensors")
    if not found:
        call.fail("NS408", f"`{call.name}` joins no tensors", argument="tensors")
    return found


def cat(call: Call) -> Tensor:
    """All sizes but that of `dim` are equal; the sizes along `dim` add up."""
    found = _some(call)
    return join(call, found, index(call, "dim", 0))


def join(call: Call, found: tuple[Tensor, ...], dim: int) -> Tensor:
    """The tensors, joined along `dim`. A tensor of shape [0] fits any other, as in PyTorch."""
    dtype = result_dtype(Tensor((ONE,), tensor.dtype) for tensor in found)
    if any(tensor.shape == () for tensor in found):
        call.fail(
            "NS401", f"`{call.name}` cannot join scalars", help="use `stack`, or `unsqueeze` them first"
        )
    shapes = [tensor.shape for tensor in found if tensor.shape is not None and tensor.shape != (ZERO,)]
    if not shapes:
        return Tensor(found[0].shape if len(found) == 1 else _joined_nothing(found), dtype)
    first = shapes[0]
    place = axis(call, dim, len(first))
    for other in shapes[1:]:
        _must_join(call, first, other, place)
    if len(shapes) < sum(tensor.shape != (ZERO,) for tensor in found):
        return Tensor(None, dtype)
    total = sum((shape[place] for shape in shapes), ZERO)
    return Tensor((*first[:place], total, *first[place + 1 :]), dtype)


def _joined_nothing(found: tuple[Tensor, ...]) -> Shape | None:
    return None if any(tensor.shape is None for tensor in found) else (ZERO,)


def _must_join(call: Call, a: Shape, b: Shape, place: int) -> None:
    if len(a) != len(b):
        call.fail(
            "NS403",
            f"`{call.name}` joins values of one rank but receives {shape_text(a)} and {shape_text(b)}, "
            f"which have {len(a)} and {len(b)} dimensions",
        )
    unmet = first_difference((*a[:place], *a[place + 1 :]), (*b[:place], *b[place + 1 :]))
    if unmet is not None:
        call.fail(
            "NS403",
            f"`{call.name}` joins along dimension {place}, but the others differ: "
            f"{shape_text(a)} and {shape_text(b)}",
            help=_other_axis(a, b),
            unmet=unmet,
        )


def _other_axis(a: Shape, b: Shape) -> str | None:
    """The one dimension along which two shapes would join, where there is one."""
    differing = [at for at, (x, y) in enumerate(zip(a, b, strict=True)) if not equal(x, y)]
    return f"the values would join along dimension {differing[0]}" if len(differing) == 1 else None


def stack(call: Call) -> Tensor:
    """Equal shapes gain a new dimension."""
    found = _some(call)
    dtype = result_dtype(Tensor((ONE,), tensor.dtype) for tensor in found)
    shapes = [tensor.shape for tensor in found if tensor.shape is not None]
    for other in shapes[1:]:
        if not same_shape(shapes[0], other):
            call.fail(
                "NS403",
                f"`{call.name}` needs values of one shape but receives {shape_text(shapes[0])} "
                f"and {shape_text(other)}",
                help="use `cat` to join along a dimension that is there",
                unmet=first_difference(shapes[0], other),
            )
    if not shapes:
        return Tensor(None, dtype)
    place = axis(call, index(call, "dim", 0), len(shapes[0]), new=1)
    return Tensor((*shapes[0][:place], const(len(found)), *shapes[0][place:]), dtype)


def _at_least(tensor: Tensor, rank: int) -> Tensor:
    return Tensor(None if tensor.shape is None else padded(tensor.shape, rank), tensor.dtype)


def hstack(call: Call) -> Tensor:
    """Along dimension 1, vectors along their only one."""
    found = tuple(_at_least(tensor, 1) for tensor in _some(call))
    first = found[0].shape
    return join(call, found, 0 if first is not None and len(first) == 1 else 1)


def vstack(call: Call) -> Tensor:
    return join(call, tuple(_at_least(tensor, 2) for tensor in _some(call)), 0)


def dstack(call: Call) -> Tensor:
    return join(call, tuple(_at_least(tensor, 3) for tensor in _some(call)), 2)


def column_stack(call: Call) -> Tensor:
    """Vectors become columns."""
    return join(call, tuple(map(_as_column, _some(call))), 1)


def _as_column(tensor: Tensor) -> Tensor:
    if tensor.shape is None or len(tensor.shape) > 1:
        return tensor
    return Tensor((tensor.shape[0] if tensor.shape else ONE, ONE), tensor.dtype)


def meshgrid(call: Call) -> Value:
    """From vectors (or scalars) as many grids; `indexing` xy swaps the first two dimensions."""
    found = _some(call)
    if any(tensor.shape is not None and len(tensor.shape) > 1 for tensor in found):
        call.fail("NS401", f"`{call.name}` takes vectors but receives {', '.join(map(str, found))}")
    same_dtype(call, *found)
    indexing = given(call, "indexing", "ij")
    if indexing not in ("ij", "xy"):
        call.fail("NS408", f"`{call.name}` knows indexing ij and xy, not {indexing}", argument="indexing")
    if any(tensor.shape is None for tensor in found):
        return TupleOf(tuple(Tensor(None, tensor.dtype) for tensor in found))
    sizes = [tensor.shape[0] if tensor.shape else ONE for tensor in found]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return TupleOf(tuple(Tensor(tuple(sizes), tensor.dtype) for tensor in found))


def block_diag(call: Call) -> Tensor:
    """Matrices along a diagonal: rows and columns add up."""
    found = tensors(call, "tensors")
    if any(tensor.shape is not None and len(tensor.shape) > 2 for tensor in found):
        call.fail("NS401", f"`{call.name}` takes matrices but receives {', '.join(map(str, found))}")
    dtype = result_dtype(Tensor((ONE,), tensor.dtype) for tensor in found)
    shapes = [_at_least(tensor, 2).shape for tensor in found]
    known = [shape for shape in shapes if shape is not None]
    if not shapes:
        return Tensor((ONE, ZERO), "float32")
    if len(known) < len(shapes):
        return Tensor(None, dtype)
    return Tensor((sum((s[0] for s in known), ZERO), sum((s[1] for s in known), ZERO)), dtype)


def cartesian_prod(call: Call) -> Tensor:
    """All combinations of the vectors' elements, a row each; one vector alone is kept."""
    found = _some(call)
    for tensor in found:
        if tensor.shape is not None and len(tensor.shape) != 1:
            call.fail("NS401", f"`{call.name}` takes vectors but receives {dimensions(len(tensor.shape))}")
    same_dtype(call, *found)
    if len(found) == 1 or any(tensor.shape is None for tensor in found):
        return found[0] if len(found) == 1 else Tensor(None, found[0].dtype)
    count = product(tensor.shape[0] for tensor in found if tensor.shape)
    return Tensor((count, const(len(found))), found[0].dtype)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("cat", "concat", "concatenate"), cat),
    "stack": stack,
    "hstack": hstack,
    **dict.fromkeys(("vstack", "row_stack"), vstack),
    "dstack": dstack,
    "column_stack": column_stack,
    "meshgrid": meshgrid,
    "block_diag": block_diag,
    "cartesian_prod": cartesian_prod,
}
