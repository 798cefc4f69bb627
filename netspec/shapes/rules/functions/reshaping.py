"""Functions that give the same elements a new shape: `view`, `reshape`, `flatten`, `unflatten`.

The number of elements must fit for every size (NS407); `-1` is the size that makes it fit.

>>> from netspec.shapes.dims import symbol
>>> x = Tensor((symbol("N"), const(64), const(12), const(12)))
>>> str(flatten(Call("flatten", "flatten", inputs={"input": x, "start_dim": 1})))
'float32 [N, 9216]'
"""

from __future__ import annotations

from typing import Literal

from netspec.shapes.axes import axis
from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import ONE, Dim, const, divide, product
from netspec.shapes.rules.functions.arguments import given, index, sizes, tensors
from netspec.shapes.trying import equal, sample_sizes
from netspec.shapes.values import Shape, Tensor, TupleOf, Value, shape_text

__all__ = ["RULES", "fit", "flatten"]


def reshape(call: Call) -> Tensor:
    """`view`, `reshape`: sizes under the name `size` or `shape`; `view` may also take a dtype."""
    tensor = call.tensor("input")
    kind = given(call, "dtype")
    if isinstance(kind, str):
        return _view_as_dtype(call, tensor, kind)
    name = "shape" if "shape" in call.inputs else "size"
    wanted = sizes(call, name)
    return Tensor(fit(call, tensor.shape, wanted, argument=name), tensor.dtype)


def reshape_as(call: Call) -> Tensor:
    """`view_as`, `reshape_as`."""
    tensor, other = call.tensor("input"), call.tensor("other")
    if other.shape is None:
        return Tensor(None, tensor.dtype)
    return Tensor(fit(call, tensor.shape, other.shape, argument="other"), tensor.dtype)


def fit(call: Call, shape: Shape | None, wanted: Shape, *, argument: str) -> Shape | None:
    """`wanted` with its -1 filled in. None where that size has no form."""
    holes = [place for place, size in enumerate(wanted) if size.value == -1]
    if len(holes) > 1:
        call.fail("NS408", f"`{call.name}` has -1 more than once: {shape_text(wanted)}", argument=argument)
    for size in wanted:
        if size.bounds[1] < -1:
            call.fail("NS404", f"`{call.name}` has the size {size}, which is negative", argument=argument)
    if shape is None:
        return None if holes else wanted
    if not holes:
        _need_count(call, shape, wanted, argument)
        return wanted
    hole = _fill(call, shape, wanted, argument)
    return None if hole is None else tuple(hole if size.value == -1 else size for size in wanted)


def _need_count(call: Call, shape: Shape, wanted: Shape, argument: str) -> None:
    if not equal(product(shape), product(wanted)):
        _refuse(call, shape, wanted, product(wanted), argument)


def _fill(call: Call, shape: Shape, wanted: Shape, argument: str) -> Dim | None:
    """The size that -1 stands for."""
    count = product(shape)
    rest = product(size for size in wanted if size.value != -1)
    if rest.value == 0:
        call.fail(
            "NS407",
            f"`{call.name}` cannot tell what -1 stands for beside a size of 0: {shape_text(wanted)}",
            argument=argument,
        )
    quotient = divide(count, rest)
    if quotient is not None:
        return quotient
    for example in sample_sizes(count.symbols | rest.symbols):
        parts = rest.evaluate(example)
        if parts == 0 or count.evaluate(example) % parts:
            _refuse(call, shape, wanted, rest, argument)
    return None if rest.value is None else count // rest


def _refuse(call: Call, shape: Shape, wanted: Shape, parts: Dim, argument: str) -> None:
    """A fault: there are not as many values as `parts`, or, beside a -1, no multiple of them."""
    count, into = product(shape), shape_text(wanted)
    kind: Literal["equal", "multiple"] = "multiple" if any(size.value == -1 for size in wanted) else "equal"
    values = "1 value" if count == ONE else f"{count} values"
    told = f"{values} cannot be viewed as {into}"
    call.fail(
        "NS407",
        f"`{call.name}` cannot make {into} of {shape_text(shape)}",
        argument=argument,
        help=_way_out(shape, wanted),
        span_text=values,
        unmet=Unmet(count, parts, kind, told),
    )


def _way_out(shape: Shape, wanted: Shape) -> str | None:
    """Where a number stands in the place of the batch size, its name; else how many values there are."""
    if not shape or len(wanted) < 2:
        return None
    first, rest = shape[0], product(shape[1:])
    others = product(size for size in wanted[1:] if size.value != -1)
    open_ended = any(size.value == -1 for size in wanted)
    fits = divide(rest, others) is not None if open_ended and others.terms else rest == others
    if first.value is None and (wanted[0].value or 0) > 1 and fits:
        name = f"`${first}`" if str(first).isidentifier() and str(first) != "_" else "the size of dimension 0"
        return f"write {name} in place of {wanted[0]}: dimension 0 may have any size"
    return f"each of the {first} items of dimension 0 has {rest} values" if open_ended else None


def _view_as_dtype(call: Call, tensor: Tensor, kind: str) -> Tensor:
    """The same bytes read as another dtype: the last size changes with the width of an element."""
    if tensor.shape is None or tensor.dtype is None:
        return Tensor(None, kind)
    old, new = width(tensor.dtype), width(kind)
    if old == new:
        return Tensor(tensor.shape, kind)
    if not tensor.shape:
        call.fail("NS401", f"`{call.name}` cannot read one {tensor.dtype} as {kind}", argument="dtype")
    count = tensor.shape[-1] * old
    if not equal(count % new, 0):
        unmet = Unmet(count, const(new), "multiple", f"{count} bits are no multiple of {new}")
        call.fail("NS407", f"`{call.name}` cannot read {tensor} as {kind}", argument="dtype", unmet=unmet)
    return Tensor((*tensor.shape[:-1], count // new), kind)


def width(kind: str) -> int:
    """The bits of one element."""
    if kind == "bool":
        return 8
    digits = kind.removeprefix("float8").lstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits) if digits.isdigit() else 8


def flatten(call: Call) -> Tensor:
    """`flatten`: the dimensions from `start_dim` to `end_dim` become one; of a scalar [1]."""
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    rank = len(tensor.shape)
    first = axis(call, index(call, "start_dim", 0), rank, argument="start_dim")
    last = axis(call, index(call, "end_dim", -1), rank, argument="end_dim")
    if first > last:
        call.fail("NS408", f"`{call.name}` starts at dimension {first} and ends at {last}, before it")
    merged = product(tensor.shape[first : last + 1])
    return Tensor((*tensor.shape[:first], merged, *tensor.shape[last + 1 :]), tensor.dtype)


def ravel(call: Call) -> Tensor:
    tensor = call.tensor("input")
    return Tensor(None if tensor.shape is None else (product(tensor.shape),), tensor.dtype)


def unflatten(call: Call) -> Tensor:
    """One dimension becomes several."""
    tensor = call.tensor("input")
    parts = sizes(call, "sizes" if "sizes" in call.inputs else "unflattened_size")
    if not parts:
        call.fail("NS408", f"`{call.name}` needs at least one size", argument="sizes")
    if tensor.shape is None:
        return tensor
    place = axis(call, index(call, "dim"), len(tensor.shape))
    if not tensor.shape:
        call.fail("NS401", f"`{call.name}` needs a value with dimensions but receives {tensor}")
    made = fit(call, (tensor.shape[place],), parts, argument="sizes")
    if made is None:
        return Tensor(None, tensor.dtype)
    return Tensor((*tensor.shape[:place], *made, *tensor.shape[place + 1 :]), tensor.dtype)


def atleast(rank: int) -> Rule:
    """`atleast_1d`, `_2d`, `_3d`: new dimensions come first, but for one that comes last in 3-d.

    One tensor gives a tensor, several a tuple.
    """

    def widened(tensor: Tensor) -> Tensor:
        return Tensor(None if tensor.shape is None else padded(tensor.shape, rank), tensor.dtype)

    def rule(call: Call) -> Value:
        found = tensors(call, "tensors")
        return widened(found[0]) if len(found) == 1 else TupleOf(tuple(map(widened, found)))

    return rule


def padded(shape: Shape, rank: int) -> Shape:
    """A shape with dimensions of size 1 added as `atleast_1d` and its like do."""
    one = const(1)
    if len(shape) >= rank:
        return shape
    if rank < 3 or not shape:
        return (one,) * (rank - len(shape)) + shape
    return (*((one,) if len(shape) == 1 else ()), *shape, one)


def view_as_real(call: Call) -> Tensor:
    tensor = call.tensor("input")
    kinds = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
    if tensor.dtype is not None and tensor.dtype not in kinds:
        call.fail("NS405", f"`{call.name}` needs complex numbers but receives {tensor}")
    shape = None if tensor.shape is None else (*tensor.shape, const(2))
    return Tensor(shape, kinds.get(tensor.dtype or ""))


def view_as_complex(call: Call) -> Tensor:
    """The last dimension, of size 2, holds the two parts."""
    tensor = call.tensor("input")
    kinds = {"float16": "complex32", "float32": "complex64", "float64": "complex128"}
    if tensor.dtype is not None and tensor.dtype not in kinds:
        call.fail("NS405", f"`{call.name}` needs floating-point numbers but receives {tensor}")
    if tensor.shape is None:
        return Tensor(None, kinds.get(tensor.dtype or ""))
    if not tensor.shape or not equal(tensor.shape[-1], 2):
        call.fail("NS402", f"`{call.name}` needs a last dimension of size 2 but receives {tensor}")
    return Tensor(tensor.shape[:-1], kinds.get(tensor.dtype or ""))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("view", "reshape"), reshape),
    **dict.fromkeys(("view_as", "reshape_as"), reshape_as),
    "flatten": flatten,
    "ravel": ravel,
    "unflatten": unflatten,
    "atleast_1d": atleast(1),
    "atleast_2d": atleast(2),
    "atleast_3d": atleast(3),
    "view_as_real": view_as_real,
    "view_as_complex": view_as_complex,
}
