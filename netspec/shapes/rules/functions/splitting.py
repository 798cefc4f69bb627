"""Functions that cut a tensor into a tuple of pieces: `split`, `chunk`, `unbind`, `tensor_split`, ...

How many pieces there are must not depend on a symbol; where it does, the result is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import ZERO, Dim, const, divide
from netspec.shapes.rules.functions.arguments import (
    given,
    index,
    indices,
    rank_at_least,
    size,
    sizes,
)
from netspec.shapes.rules.functions.checking import must_equal, never_exceeds
from netspec.shapes.rules.functions.counted import unmeasured
from netspec.shapes.values import UNKNOWN, Shape, Tensor, TupleOf, Value, shape_text

_MOST_PIECES = 100_000


def _source(call: Call) -> tuple[Tensor, Shape | None]:
    """What is cut; a scalar has no dimension to cut."""
    tensor = call.tensor("tensor" if "tensor" in call.inputs else "input")
    return tensor, rank_at_least(call, tensor, 1)


def pieces(tensor: Tensor, shape: Shape, place: int, lengths: Sequence[Dim]) -> TupleOf:
    """A tuple with a tensor for each length along `place`."""
    return TupleOf(
        tuple(Tensor((*shape[:place], length, *shape[place + 1 :]), tensor.dtype) for length in lengths)
    )


def split(call: Call) -> Value:
    """Pieces of one size (the last may be smaller), or of the sizes given."""
    tensor, shape = _source(call)
    if shape is None:
        return UNKNOWN
    place = axis(call, index(call, "dim", 0), len(shape))
    names = ("split_size_or_sections", "split_size", "split_sizes")
    name = next((n for n in names if given(call, n) is not None), names[0])
    if isinstance(given(call, name), tuple | list):
        lengths = sizes(call, name)
        _must_fill(call, shape, place, lengths, name)
        return pieces(tensor, shape, place, lengths)
    each = size(call, name)
    if each.bounds[1] < 0 or (each == ZERO and shape[place] != ZERO):
        call.fail("NS404", f"`{call.name}` has pieces of size {each}", argument=name)
    return _equal_pieces(tensor, shape, place, each)


def _must_fill(call: Call, shape: Shape, place: int, lengths: Sequence[Dim], name: str) -> None:
    if any(length.bounds[1] < 0 for length in lengths):
        call.fail(
            "NS404", f"`{call.name}` has a negative size in {shape_text(tuple(lengths))}", argument=name
        )
    total = sum(lengths, ZERO)
    must_equal(
        call,
        total,
        shape[place],
        f"`{call.name}` splits dimension {place} of {shape_text(shape)} into {shape_text(tuple(lengths))}, "
        f"which add up to {total}, not {shape[place]}",
        argument=name,
    )


def _equal_pieces(tensor: Tensor, shape: Shape, place: int, each: Dim) -> Value:
    whole = shape[place]
    if whole.value == 0:
        return pieces(tensor, shape, place, [whole])
    if each == whole or (whole.value is not None and each.value is not None and each.value >= whole.value):
        return pieces(tensor, shape, place, [whole])
    count = divide(whole, each) if each.value != 0 else None
    if count is not None and count.value is not None:
        return pieces(tensor, shape, place, [each] * min(count.value, _MOST_PIECES))
    if whole.value is None or each.value is None:
        return UNKNOWN
    full, rest = divmod(whole.value, each.value)
    return pieces(tensor, shape, place, [each] * full + [Dim(()) + rest] * bool(rest))


def chunk(call: Call) -> Value:
    """At most `chunks` pieces of one size, rounded up; a symbolic size must be a multiple."""
    tensor, shape = _source(call)
    if shape is None:
        return UNKNOWN
    place, count = axis(call, index(call, "dim", 0), len(shape)), index(call, "chunks")
    if count < 1:
        call.fail("NS404", f"`{call.name}` makes {count} pieces", argument="chunks")
    whole = shape[place]
    if whole.value == 0:
        return pieces(tensor, shape, place, [whole] * count)
    if whole.value is not None:
        return _equal_pieces(tensor, shape, place, (whole + count - 1) // count)
    each = divide(whole, ZERO + count)
    if each is not None:
        return pieces(tensor, shape, place, [each] * count)
    return pieces(tensor, shape, place, [(whole + 1) // 2, whole // 2]) if _halves(whole, count) else UNKNOWN


def _halves(whole: Dim, count: int) -> bool:
    """Two pieces there are of any size but 1."""
    return count == 2 and whole.bounds[0] >= 2


def unbind(call: Call) -> Value:
    """One tensor for each index of a dimension, without that dimension."""
    tensor, shape = _source(call)
    if shape is None:
        return UNKNOWN
    place = axis(call, index(call, "dim", 0), len(shape))
    count = shape[place].value
    if count is None:
        return UNKNOWN
    return TupleOf((Tensor((*shape[:place], *shape[place + 1 :]), tensor.dtype),) * min(count, _MOST_PIECES))


def tensor_split(call: Call) -> Value:
    """`indices_or_sections` pieces as equal as can be, or pieces between the indices given."""
    tensor, shape = _source(call)
    if shape is None:
        return UNKNOWN
    return _cut(call, tensor, shape, axis(call, index(call, "dim", 0), len(shape)), even=False)


def _cut(call: Call, tensor: Tensor, shape: Shape, place: int, *, even: bool) -> Value:
    names = ("indices_or_sections", "tensor_indices_or_sections", "sections", "indices")
    name = next((n for n in names if given(call, n) is not None), names[0])
    cuts = given(call, name)
    if isinstance(cuts, Tensor):
        if cuts.dtype not in (None, "int64"):
            call.fail("NS405", f"`{call.name}` takes int64 places but receives {cuts}", argument=name)
        unmeasured(call, tensor.dtype)
        return UNKNOWN
    if isinstance(cuts, tuple | list):
        return _cut_at(tensor, shape, place, sizes(call, name))
    count = (indices(call, name) or (0,))[0]
    if count < 1:
        call.fail("NS404", f"`{call.name}` makes {count} pieces", argument=name)
    whole = shape[place]
    if even:
        must_equal(
            call,
            whole % count,
            0,
            f"`{call.name}` needs {count} pieces of equal size, but dimension {place} has size {whole}",
            argument=name,
            unmet=Unmet(whole, const(count), "multiple"),
        )
    lengths = [(whole + (count - 1 - turn)) // count for turn in range(count)]
    return pieces(tensor, shape, place, lengths)


def _cut_at(tensor: Tensor, shape: Shape, place: int, cuts: Sequence[Dim]) -> Value:
    """Pieces as slices make them: `[:a]`, `[a:b]`, `[b:]`."""
    whole = shape[place]
    edges = [ZERO]
    for cut in cuts:
        edge = clamped(cut, whole)
        if edge is None:
            return UNKNOWN
        edges.append(edge)
    starts, ends = edges, [*edges[1:], whole]
    lengths = [_length(start, end) for start, end in zip(starts, ends, strict=True)]
    known = [length for length in lengths if length is not None]
    return pieces(tensor, shape, place, known) if len(known) == len(lengths) else UNKNOWN


def clamped(cut: Dim, whole: Dim) -> Dim | None:
    """A slice's bound as a number from 0 to `whole`; None where that has no one form."""
    if cut.bounds[1] < 0:
        cut = cut + whole
    if never_exceeds(whole, cut):
        return whole
    if never_exceeds(ZERO, cut) and never_exceeds(cut, whole):
        return cut
    return ZERO if never_exceeds(cut, ZERO) else None


def _length(start: Dim, end: Dim) -> Dim | None:
    if never_exceeds(start, end):
        return end - start
    return ZERO if never_exceeds(end, start) else None


def split_at(vectors: int, matrices: int, rank: int) -> Rule:
    """The rule of `hsplit`, `vsplit`, `dsplit`: the dimension depends on the rank."""

    def rule(call: Call) -> Value:
        tensor = call.tensor("input")
        shape = rank_at_least(call, tensor, rank)
        if shape is None:
            return UNKNOWN
        return _cut(call, tensor, shape, vectors if len(shape) == 1 else matrices, even=True)

    return rule


RULES: dict[str, Rule] = {
    "split": split,
    "chunk": chunk,
    "unbind": unbind,
    "tensor_split": tensor_split,
    "hsplit": split_at(0, 1, 1),
    "vsplit": split_at(0, 0, 2),
    "dsplit": split_at(2, 2, 3),
}
