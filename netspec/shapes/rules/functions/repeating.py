"""Functions that repeat a tensor's elements: `expand`, `broadcast_to`, `tile`, `repeat_interleave`."""

from __future__ import annotations

from netspec.shapes.axes import axis, dimensions
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import ONE, Dim, product
from netspec.shapes.promotion import is_integral
from netspec.shapes.rules.functions.arguments import given, index, rank_at_least, size, sizes, tensors
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.rules.functions.counted import unmeasured
from netspec.shapes.trying import sample_sizes
from netspec.shapes.values import Shape, Tensor, TupleOf, Value, shape_text


def expand(call: Call) -> Tensor:
    """`expand`, `broadcast_to`: dimensions of size 1 grow; -1 keeps a size."""
    tensor = call.tensor("input")
    wanted = sizes(call, "size" if "size" in call.inputs else "shape")
    return Tensor(_expanded(call, tensor.shape, wanted, "size"), tensor.dtype)


def expand_as(call: Call) -> Tensor:
    tensor, other = call.tensor("input"), call.tensor("other")
    if other.shape is None:
        return Tensor(None, tensor.dtype)
    return Tensor(_expanded(call, tensor.shape, other.shape, "other"), tensor.dtype)


def _expanded(call: Call, shape: Shape | None, wanted: Shape, argument: str) -> Shape | None:
    if shape is None:
        return None if any(one.value == -1 for one in wanted) else wanted
    new = len(wanted) - len(shape)
    if new < 0:
        call.fail(
            "NS401",
            f"`{call.name}` has {len(wanted)} sizes but receives {shape_text(shape)}, "
            f"which has {dimensions(len(shape))}",
            argument=argument,
        )
    if any(one.value == -1 for one in wanted[:new]):
        call.fail("NS408", f"`{call.name}` has -1 for a new dimension", argument=argument)
    if any(one.bounds[1] < -1 for one in wanted):
        call.fail("NS404", f"`{call.name}` has a negative size in {shape_text(wanted)}", argument=argument)
    grown = zip(shape, wanted[new:], strict=True)
    return (*wanted[:new], *(_grown(call, old, one, shape, wanted, argument) for old, one in grown))


def _grown(call: Call, old: Dim, wanted: Dim, shape: Shape, target: Shape, argument: str) -> Dim:
    if wanted.value == -1 or old == wanted:
        return old
    if old == ONE:
        return wanted
    for sizes_tried in sample_sizes(old.symbols | wanted.symbols):
        have = old.evaluate(sizes_tried)
        if have not in (1, wanted.evaluate(sizes_tried)):
            call.fail(
                "NS403",
                f"`{call.name}` cannot expand {shape_text(shape)} to {shape_text(target)}: {old} is neither"
                f" 1 nor {wanted}",
                argument=argument,
                unmet=Unmet(old, wanted, "broadcast", f"{old} is neither 1 nor {wanted}"),
            )
    return wanted


def tile(call: Call) -> Tensor:
    """Each size times its count; counts and sizes are aligned at the end."""
    tensor = call.tensor("input")
    counts = sizes(call, "dims")
    return Tensor(_tiled(call, tensor.shape, counts), tensor.dtype)


def _tiled(call: Call, shape: Shape | None, counts: Shape) -> Shape | None:
    if any(count.bounds[1] < 0 for count in counts):
        call.fail("NS404", f"`{call.name}` has a negative count in {shape_text(counts)}")
    if shape is None:
        return None
    rank = max(len(shape), len(counts))
    shape, counts = (ONE,) * (rank - len(shape)) + shape, (ONE,) * (rank - len(counts)) + counts
    return tuple(one * count for one, count in zip(shape, counts, strict=True))


def repeat_interleave(call: Call) -> Value:
    """Each element `repeats` times along `dim`, or along the flattened tensor.

    Counts in a tensor make the size depend on values, unless `output_size` gives it.
    """
    tensor, repeats = call.tensor("input"), given(call, "repeats")
    if tensor.shape is None:
        return tensor
    flat = given(call, "dim") is None
    if not flat:
        rank_at_least(call, tensor, 1)
    shape = (product(tensor.shape),) if flat else (tensor.shape or (ONE,))
    place = 0 if flat else axis(call, index(call, "dim"), len(shape))
    made = _interleaved(call, shape[place], repeats)
    if made is None:
        return Tensor(None, tensor.dtype)
    return Tensor((*shape[:place], made, *shape[place + 1 :]), tensor.dtype)


def _interleaved(call: Call, old: Dim, repeats: object) -> Dim | None:
    if isinstance(repeats, Tensor):
        _check_counts(call, old, repeats)
        if given(call, "output_size") is not None:
            return size(call, "output_size")
        unmeasured(call, None)
        return None
    count = size(call, "repeats")
    if count.bounds[1] < 0:
        call.fail("NS404", f"`{call.name}` has the negative count {count}", argument="repeats")
    if given(call, "output_size") is not None:
        told = size(call, "output_size")
        message = f"`{call.name}` makes {old * count} elements, but output_size says {told}"
        must_equal(call, told, old * count, message, argument="output_size")
    return old * count


def _check_counts(call: Call, old: Dim, repeats: Tensor) -> None:
    if repeats.dtype is not None and (not is_integral(repeats.dtype) or repeats.dtype == "bool"):
        call.fail("NS405", f"`{call.name}` needs whole counts but receives {repeats}", argument="repeats")
    if repeats.shape is None or not repeats.shape or repeats.shape == (ONE,):
        return
    if len(repeats.shape) > 1:
        call.fail("NS401", f"`{call.name}` needs counts in 1 dimension but receives {repeats}")
    must_equal(
        call,
        old,
        repeats.shape[0],
        f"`{call.name}` has {repeats.shape[0]} counts for {old} elements",
        argument="repeats",
    )


def broadcast_tensors(call: Call) -> Value:
    found = tensors(call, "tensors")
    shape = broadcast_inputs(call, *found)
    return TupleOf(tuple(Tensor(shape, one.dtype) for one in found))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("expand", "broadcast_to"), expand),
    "expand_as": expand_as,
    "tile": tile,
    "repeat_interleave": repeat_interleave,
    "broadcast_tensors": broadcast_tensors,
}
