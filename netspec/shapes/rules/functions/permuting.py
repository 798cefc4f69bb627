"""Functions that reorder, add and drop dimensions: `permute`, `transpose`, `unsqueeze`, `squeeze`, ...

>>> from netspec.shapes.dims import symbol
>>> x = Tensor((symbol("N"), ONE, symbol("T")))
>>> str(permute(Call("permute", "permute", inputs={"input": x, "dims": (0, 2, 1)})))
'float32 [N, T, 1]'
"""

from __future__ import annotations

from netspec.shapes.axes import axes, axis, dimensions
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, ZERO, product
from netspec.shapes.rules.functions.arguments import index, indices, rank_at_least, rank_of
from netspec.shapes.rules.functions.checking import may_be
from netspec.shapes.values import Shape, Tensor, shape_text


def permute(call: Call) -> Tensor:
    tensor, order = call.tensor("input"), indices(call, "dims") or ()
    if tensor.shape is None:
        return tensor
    if len(order) != len(tensor.shape):
        call.fail(
            "NS401",
            f"`{call.name}` orders {dimensions(len(order))} but receives {shape_text(tensor.shape)}, "
            f"which has {len(tensor.shape)}",
            argument="dims",
            help="name every dimension once",
        )
    places = axes(call, order, len(tensor.shape), argument="dims")
    return Tensor(tuple(tensor.shape[place] for place in places), tensor.dtype)


def transpose(call: Call) -> Tensor:
    """`transpose`, `swapaxes`, `swapdims`: two dimensions change places."""
    first, second = ("axis0", "axis1") if "axis0" in call.inputs else ("dim0", "dim1")
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    rank = len(tensor.shape)
    a = axis(call, index(call, first), rank, argument=first)
    b = axis(call, index(call, second), rank, argument=second)
    return Tensor(_swapped(tensor.shape, a, b), tensor.dtype)


def _swapped(shape: Shape, a: int, b: int) -> Shape:
    if not shape:
        return shape
    made = list(shape)
    made[a], made[b] = made[b], made[a]
    return tuple(made)


def t(call: Call) -> Tensor:
    """The transpose of a matrix; a vector or scalar stays."""
    tensor = call.tensor("input")
    shape = rank_of(call, tensor, 0, 1, 2)
    return Tensor(None if shape is None else shape[::-1], tensor.dtype)


def adjoint(call: Call) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    return Tensor(None if shape is None else _swapped(shape, -1, -2), tensor.dtype)


def movedim(call: Call) -> Tensor:
    """`movedim`, `moveaxis`: each `source` dimension goes to its `destination`; the rest keep order."""
    tensor = call.tensor("input")
    source, destination = indices(call, "source") or (), indices(call, "destination") or ()
    if len(source) != len(destination):
        call.fail("NS408", f"`{call.name}` moves {dimensions(len(source))} to {len(destination)} places")
    if tensor.shape is None:
        return tensor
    rank = len(tensor.shape)
    old = axes(call, source, rank, argument="source")
    new = axes(call, destination, rank, argument="destination")
    if not tensor.shape:
        return tensor
    rest = (place for place in range(rank) if place not in old)
    order = [old[new.index(place)] if place in new else next(rest) for place in range(rank)]
    return Tensor(tuple(tensor.shape[place] for place in order), tensor.dtype)


def unsqueeze(call: Call) -> Tensor:
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    place = axis(call, index(call, "dim"), len(tensor.shape), new=1)
    return Tensor((*tensor.shape[:place], ONE, *tensor.shape[place:]), tensor.dtype)


def squeeze(call: Call) -> Tensor:
    """Drops dimensions of size 1: all, or those that `dim` names.

    A symbolic size may be 1 or not, so that the result's rank is then unknown.
    """
    tensor, dims = call.tensor("input"), indices(call, "dim")
    if tensor.shape is None:
        return tensor
    rank = len(tensor.shape)
    places = range(rank) if dims is None else axes(call, dims, rank)
    droppable = [place for place in places if place < rank and may_be(tensor.shape[place], 1)]
    if any(tensor.shape[place].value is None for place in droppable):
        return Tensor(None, tensor.dtype)
    return Tensor(
        tuple(size for place, size in enumerate(tensor.shape) if place not in droppable), tensor.dtype
    )


def flip(call: Call) -> Tensor:
    tensor, dims = call.tensor("input"), indices(call, "dims") or ()
    if tensor.shape is not None:
        axes(call, dims, len(tensor.shape), argument="dims")
    return tensor


def flip_at(rank: int) -> Rule:
    """`flipud` and `fliplr`, which need 1 and 2 dimensions."""

    def rule(call: Call) -> Tensor:
        tensor = call.tensor("input")
        rank_at_least(call, tensor, rank)
        return tensor

    return rule


def roll(call: Call) -> Tensor:
    """`shifts` has one number for each of `dims`; without `dims` the tensor is rolled as if flat."""
    tensor, shifts = call.tensor("input"), call.inputs["shifts"]
    # How far is no matter of shapes: a shift may depend on dimensions.
    shifts = shifts if isinstance(shifts, tuple) else (shifts,)
    dims = indices(call, "dims") or ()
    if not shifts:
        call.fail("NS408", f"`{call.name}` has no shifts", argument="shifts")
    if len(shifts) != len(dims) and (dims or len(shifts) != 1):
        call.fail("NS408", f"`{call.name}` has {len(shifts)} shifts for {dimensions(len(dims))}")
    if tensor.shape is not None and product(tensor.shape) != ZERO:
        if dims and not tensor.shape:
            call.fail("NS401", f"`{call.name}` needs a value with dimensions but receives {tensor}")
        for place in dims:
            axis(call, place, len(tensor.shape), argument="dims")
    return tensor


def rot90(call: Call) -> Tensor:
    """An odd number of quarter turns swaps the two dimensions."""
    tensor, dims = call.tensor("input"), indices(call, "dims") or (0, 1)
    if len(dims) != 2:
        call.fail("NS408", f"`{call.name}` turns in 2 dimensions but `dims` names {len(dims)}")
    shape = rank_at_least(call, tensor, 2)
    if shape is None:
        return tensor
    first, second = axes(call, dims, len(shape), argument="dims")
    turns = index(call, "k", 1)
    return Tensor(_swapped(shape, first, second) if turns % 2 else shape, tensor.dtype)


RULES: dict[str, Rule] = {
    "permute": permute,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), transpose),
    "t": t,
    "adjoint": adjoint,
    **dict.fromkeys(("movedim", "moveaxis"), movedim),
    "unsqueeze": unsqueeze,
    "squeeze": squeeze,
    "flip": flip,
    "flipud": flip_at(1),
    "fliplr": flip_at(2),
    "roll": roll,
    "rot90": rot90,
}
