"""Functions that read at indices or by a mask: `gather`, `index_select`, `narrow`, `masked_fill`, ...

An index's values are not known; its shape and dtype are. A size that an input must reach, such as the
end of `narrow`, is a fault only where no input reaches it.
"""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, ZERO, Dim, product
from netspec.shapes.promotion import category, is_complex
from netspec.shapes.rules.functions.arguments import given, index, rank_at_least, size
from netspec.shapes.rules.functions.checking import always_exceeds, must_equal, must_match
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text

_INDEX = ("int64", "int32")


def index_tensor(call: Call, name: str = "index") -> Tensor:
    """The index tensor; NS405 where it does not hold indices. An empty one may have any dtype."""
    found = call.tensor(name)
    empty = found.shape is not None and product(found.shape) == ZERO
    if found.dtype is not None and found.dtype not in _INDEX and not empty:
        call.fail(
            "NS405",
            f"`{call.name}` needs int64 indices but receives {found}",
            argument=name,
            help="convert it with `long`",
        )
    return found


def same_rank(call: Call, shape: Shape, other: Shape, name: str) -> None:
    if max(len(shape), 1) != max(len(other), 1):
        call.fail(
            "NS401",
            f"`{call.name}` needs `{name}` of rank {len(shape)} but receives {shape_text(other)}",
            argument=name,
        )


def gather(call: Call) -> Tensor:
    """The shape of `index`, which may exceed the value's along `dim` alone."""
    tensor, indices = call.tensor("input"), index_tensor(call)
    if tensor.shape is not None and indices.shape is not None:
        place = axis(call, index(call, "dim"), len(tensor.shape))
        if product(indices.shape) != ZERO:
            same_rank(call, tensor.shape, indices.shape, "index")
            within(call, indices.shape, tensor.shape, place, "index")
    return Tensor(indices.shape, tensor.dtype)


def within(call: Call, inner: Shape, outer: Shape, place: int | None, name: str) -> None:
    for at, (small, large) in enumerate(zip(inner, outer, strict=False)):
        if at != place and always_exceeds(small, large):
            call.fail(
                "NS402",
                f"`{call.name}` has {name} {shape_text(inner)}, which exceeds {shape_text(outer)} "
                f"in dimension {at}",
                argument=name,
            )


def index_select(call: Call) -> Tensor:
    """The size of `dim` becomes the number of indices."""
    tensor, indices = call.tensor("input"), index_tensor(call)
    if indices.shape is not None and len(indices.shape) > 1:
        call.fail(
            "NS401", f"`{call.name}` needs a vector of indices but receives {indices}", argument="index"
        )
    if tensor.shape is None or indices.shape is None:
        return Tensor(None, tensor.dtype)
    place = axis(call, index(call, "dim"), len(tensor.shape))
    count = indices.shape[0] if indices.shape else ONE
    if not tensor.shape:
        must_equal(call, count, 1, f"`{call.name}` takes {count} items of a scalar", argument="index")
        return tensor
    return Tensor((*tensor.shape[:place], count, *tensor.shape[place + 1 :]), tensor.dtype)


def select(call: Call) -> Tensor:
    """One index of a dimension, which is dropped."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 1)
    if shape is None:
        return tensor
    place = axis(call, index(call, "dim"), len(shape))
    _reach(call, shape, place, size(call, "index"), "index")
    return Tensor((*shape[:place], *shape[place + 1 :]), tensor.dtype)


def _reach(call: Call, shape: Shape, place: int, at: Dim, name: str) -> None:
    last = at if at.bounds[0] >= 0 else -at - 1
    if always_exceeds(last + 1, shape[place]) and (at.bounds[0] >= 0 or at.bounds[1] < 0):
        call.fail(
            "NS402",
            f"`{call.name}` takes index {at} of dimension {place}, whose size is {shape[place]}",
            argument=name,
        )


def narrow(call: Call) -> Tensor:
    """`length` indices of a dimension, from `start`."""
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 1)
    length = size(call, "length")
    if length.bounds[1] < 0:
        call.fail("NS404", f"`{call.name}` has the length {length}", argument="length")
    if shape is None:
        return tensor
    place, start = axis(call, index(call, "dim"), len(shape)), given(call, "start")
    if isinstance(start, Tensor):
        if start.shape or not (start.dtype is None or category(start.dtype) == 1):
            call.fail("NS401", f"`{call.name}` starts at {start}, not at a number", argument="start")
    else:
        first = size(call, "start")
        _reach_end(call, shape, place, first if first.bounds[1] >= 0 else first + shape[place], length)
    return Tensor((*shape[:place], length, *shape[place + 1 :]), tensor.dtype)


def _reach_end(call: Call, shape: Shape, place: int, first: Dim, length: Dim) -> None:
    if first.bounds[1] < 0 or always_exceeds(first + length, shape[place]):
        call.fail(
            "NS402",
            f"`{call.name}` takes {length} from {first} on, but dimension {place} has size {shape[place]}",
            argument="length",
        )


def take(call: Call) -> Tensor:
    """Indices into the value as if flat."""
    return Tensor(index_tensor(call).shape, call.tensor("input").dtype)


def take_along_dim(call: Call) -> Tensor:
    """As `gather`, but the other dimensions broadcast; without `dim`, as if flat."""
    tensor, indices = call.tensor("input"), index_tensor(call, "indices")
    if tensor.shape is None or indices.shape is None:
        return Tensor(None, tensor.dtype)
    if given(call, "dim") is None:
        return Tensor((product(indices.shape),), tensor.dtype)
    same_rank(call, tensor.shape, indices.shape, "indices")
    place = axis(call, index(call, "dim"), len(tensor.shape))
    if not tensor.shape:
        return Tensor(indices.shape, tensor.dtype)
    aligned = (*tensor.shape[:place], indices.shape[place], *tensor.shape[place + 1 :])
    shape = broadcast_inputs(call, Tensor(aligned), indices)
    return Tensor(shape, tensor.dtype)


def masked(call: Call) -> Tensor:
    """`masked_fill`, `masked_scatter`: the mask is boolean and broadcasts with the value."""
    tensor, mask = call.tensor("input"), call.tensor("mask")
    if mask.dtype not in (None, "bool"):
        call.fail(
            "NS405",
            f"`{call.name}` needs a boolean mask but receives {mask}",
            argument="mask",
            help="compare it first, for example with `{ne: 0}`",
        )
    value, source = given(call, "value"), given(call, "source")
    if isinstance(value, Tensor) and value.shape:
        call.fail("NS401", f"`{call.name}` needs a number or scalar but receives {value}", argument="value")
    if isinstance(source, Tensor) and tensor.dtype is not None and source.dtype not in (None, tensor.dtype):
        call.fail("NS405", f"`{call.name}` writes {source.dtype} into {tensor}", argument="source")
    complexes = isinstance(value, complex) or (isinstance(value, Tensor) and is_complex(value.dtype))
    if complexes and tensor.dtype is not None and not is_complex(tensor.dtype):
        call.fail("NS405", f"`{call.name}` writes a complex number into {tensor}", argument="value")
    return Tensor(broadcast_inputs(call, tensor, mask, argument="mask"), tensor.dtype)


def triangle(call: Call) -> Tensor:
    """`tril`, `triu`: the shape stays."""
    tensor = call.tensor("input")
    rank_at_least(call, tensor, 2)
    return tensor


def search(call: Call) -> Tensor:
    """`bucketize`, `searchsorted`: an index for each value."""
    name = "boundaries" if "boundaries" in call.inputs else "sorted_sequence"
    bounds, values = call.tensor(name), given(call, "input")
    kind = "int32" if given(call, "out_int32", False) else "int64"
    if bounds.shape is not None and name == "boundaries" and len(bounds.shape) != 1:
        call.fail("NS401", f"`{call.name}` needs a vector of boundaries but receives {bounds}", argument=name)
    if not isinstance(values, Tensor):
        return Tensor((), kind)
    _check_search(call, bounds, values, name)
    if bounds.shape is not None and values.shape is not None and len(bounds.shape) > 1:
        fits = len(bounds.shape) == len(values.shape) and all(
            map(equal, bounds.shape[:-1], values.shape[:-1])
        )
        if not fits:
            call.fail(
                "NS403", f"`{call.name}` searches {bounds} for {values}: all but the last size must agree"
            )
    return Tensor(values.shape, kind)


def _check_search(call: Call, bounds: Tensor, values: Tensor, name: str) -> None:
    """Boundaries have dimensions, and the values' dtype unless there is nothing to compare."""
    rank_at_least(call, bounds, 1, name)
    sorter = call.optional("sorter")
    if sorter is not None:
        must_match(
            call,
            bounds.shape,
            sorter.shape,
            f"`{call.name}` needs a sorter of shape {shape_text(bounds.shape)} but receives {sorter}",
            argument="sorter",
        )
    some = name != "boundaries" and all(one.shape and product(one.shape) != ZERO for one in (bounds, values))
    if some and bounds.dtype is not None and values.dtype not in (None, bounds.dtype):
        call.fail("NS405", f"`{call.name}` compares {values.dtype} with {bounds.dtype}", argument=name)


def isin(call: Call) -> Tensor:
    elements = call.inputs.get("elements")
    return Tensor(elements.shape if isinstance(elements, Tensor) else (), "bool")


RULES: dict[str, Rule] = {
    "gather": gather,
    "index_select": index_select,
    "select": select,
    "narrow": narrow,
    "take": take,
    "take_along_dim": take_along_dim,
    **dict.fromkeys(("masked_fill", "masked_scatter"), masked),
    **dict.fromkeys(("tril", "triu"), triangle),
    **dict.fromkeys(("bucketize", "searchsorted"), search),
    "isin": isin,
}
