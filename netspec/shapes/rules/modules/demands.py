"""What module rules demand of their inputs: a rank, a size, a dtype; each failure has its one wording.

>>> from netspec.shapes.call import Call
>>> from netspec.shapes.dims import const
>>> from netspec.shapes.values import Tensor
>>> match_size(Call("Linear", "fc1"), const(9216), const(9217), "features", argument="in_features")
Traceback (most recent call last):
...
netspec.shapes.call.Fault: ('NS402', '`fc1` takes 9217 features but receives 9216', ...)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netspec.shapes.agreement import first_difference, same_shape
from netspec.shapes.axes import dimensions
from netspec.shapes.call import Call, Unmet
from netspec.shapes.dims import Dim, DimLike, dim
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text

FLOATS = frozenset(("float16", "bfloat16", "float32", "float64"))
INTEGERS = frozenset(("uint8", "int8", "int16", "int32", "int64"))
COMPLEX = frozenset(("complex64", "complex128"))
INDICES = frozenset(("int32", "int64"))

_SPATIAL = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


def spatial_layouts(count: int, *, unbatched: bool = True) -> tuple[str, ...]:
    """How messages show the inputs of an op over `count` spatial dimensions."""
    sizes = ", ".join(("C", *_SPATIAL[count]))
    return (f"[N, {sizes}]", f"[{sizes}]") if unbatched else (f"[N, {sizes}]",)


def ranked(
    call: Call, argument: str, ranks: Iterable[int], *layouts: str, at_least: bool = False
) -> tuple[Tensor, Shape | None]:
    """The tensor `argument` and its shape (None where unknown); NS401 where its rank is another.

    `at_least`: the one rank given is the least.
    """
    tensor, allowed = call.tensor(argument), tuple(ranks)
    if tensor.shape is None:
        return tensor, None
    rank = len(tensor.shape)
    if rank in allowed or (at_least and rank >= allowed[0]):
        return tensor, tensor.shape
    wanted = " or ".join(map(str, sorted(allowed)))
    call.fail(
        "NS401",
        f"`{call.name}` takes {' or '.join(layouts)} but receives {shape_text(tensor.shape)}",
        argument=argument,
        help=f"give it a value with {'at least ' if at_least else ''}{wanted} "
        + ("dimension" if wanted == "1" else "dimensions"),
        span_text=f"has {dimensions(rank)}",
    )


def spatial(call: Call, argument: str, count: int, *, unbatched: bool = True) -> tuple[Tensor, Shape | None]:
    """The tensor `argument` with a channel and `count` spatial dimensions."""
    ranks = (count + 1, count + 2) if unbatched else (count + 2,)
    return ranked(call, argument, ranks, *spatial_layouts(count, unbatched=unbatched))


def match_size(
    call: Call,
    actual: DimLike,
    expected: DimLike,
    noun: str,
    *,
    argument: str | None = None,
    auto: bool = False,
) -> None:
    """NS402 unless the two sizes are equal for every value of their symbols.

    `argument`: the setting that fixes the size, or the input to blame. `auto`: the setting may also
    be `auto`.
    """
    actual, expected = dim(actual), dim(expected)
    if equal(actual, expected):
        return
    message = f"`{call.name}` takes {expected} {noun} but receives {actual}"
    mendable = argument in call.settings and actual.value is not None
    help = f"set {argument} to {actual}" + (", or to `auto`" if auto else "")
    call.fail(
        "NS402",
        message,
        argument=argument,
        help=help if mendable else f"make this size {expected} whatever the input's size is",
        expected=actual.value if mendable else None,
        unmet=Unmet(actual, expected),
    )


def match_shapes(call: Call, a: Tensor, b: Tensor, names: tuple[str, str]) -> None:
    """NS403 unless two shapes are equal for every value of their symbols."""
    if a.shape is None or b.shape is None:
        return
    if same_shape(a.shape, b.shape):
        return
    message = f"`{call.name}` takes {names[0]} and {names[1]} of one shape but receives "
    message += f"{shape_text(a.shape)} and {shape_text(b.shape)}"
    call.fail(
        "NS403",
        message,
        argument=names[1],
        help=f"give {names[1]} the shape of {names[0]}",
        unmet=first_difference(a.shape, b.shape),
    )


def divides(
    call: Call, size: DimLike, divisor: int, noun: str, *, argument: str | None = None, code: str = "NS402"
) -> Dim:
    """`size // divisor`; a fault unless it leaves no rest for every value of the symbols."""
    size = dim(size)
    if not equal(size % divisor, 0):
        message = f"`{call.name}` needs {noun} that {divisor} divides but has {size}"
        unmet = Unmet(size, dim(divisor), "multiple")
        call.fail(code, message, argument=argument, help=f"make it a multiple of {divisor}", unmet=unmet)
    return size // divisor


def typed(call: Call, tensor: Tensor, allowed: frozenset[str], *, argument: str | None = None) -> None:
    """NS405 where the dtype is known and is not one that PyTorch computes with here."""
    if tensor.dtype is None or tensor.dtype in allowed:
        return
    call.fail(
        "NS405",
        f"`{call.name}` does not take {tensor.dtype} but receives {tensor}",
        argument=argument,
        help=f"convert the value first: {conversion(_nearest(allowed))}",
    )


def weighted(call: Call, tensor: Tensor, *, halves: bool = False, argument: str | None = None) -> str:
    """The dtype of the op's weights; NS405 where the input has another.

    `halves`: float16 and bfloat16 inputs go with float32 weights (batch and layer norms on CPU).
    """
    weights = weights_dtype(call)
    if tensor.dtype in (None, weights):
        return weights
    if halves and weights == "float32" and tensor.dtype in ("float16", "bfloat16"):
        return weights
    call.fail(
        "NS405",
        f"`{call.name}` has {weights} weights but receives {tensor.dtype}",
        argument=argument,
        help=f"convert the value first: {conversion(weights)}",
        span_text=f"receives {tensor}",
    )


def weights_dtype(call: Call) -> str:
    """The dtype of a module's parameters: its `dtype` argument, float32 by default."""
    return call.settings.get("dtype") or "float32"


def conversion(dtype: str) -> str:
    """The step that converts a value."""
    return f"`{{to: {dtype}}}`"


def _nearest(allowed: frozenset[str]) -> str:
    """The dtype to suggest among those allowed."""
    return next((d for d in ("float32", "int64", "bool") if d in allowed), min(allowed))


def fits(
    call: Call,
    shape: Shape,
    sizes: Sequence[DimLike],
    least: Sequence[DimLike],
    *,
    argument: str | None = "kernel_size",
) -> Shape:
    """The output `sizes` of spatial dimensions, appended to the rest of `shape`.

    NS404 where one is never positive: a symbolic size that is positive for large inputs puts a
    demand on the input, not a fault on the spec. `least`: the smallest input sizes, for the message.
    """
    found, count = tuple(map(dim, sizes)), len(sizes)
    if any(size.bounds[1] <= 0 for size in found):
        call.fail(
            "NS404",
            f"`{call.name}` needs an input of at least {times(least)}, but receives {times(shape[-count:])}",
            argument=argument,
            help="give it a larger input, or pad it",
            span_text=f"would leave {times(found)}",
        )
    return shape[: len(shape) - count] + found


def times(sizes: Iterable[DimLike]) -> str:
    """`28 x 28`, as messages write spatial sizes."""
    return " x ".join(map(str, sizes))


def match_shape(
    call: Call, argument: str, tensor: Tensor, wanted: Sequence[DimLike], *, part: str = ""
) -> None:
    """NS401 or NS403 unless a tensor has the wanted shape for every value of its symbols.

    `part`: how the message calls the tensor, where it is one of several in `argument`.
    """
    if tensor.shape is None:
        return
    shape, found = tuple(map(dim, wanted)), tensor.shape
    if same_shape(found, shape):
        return
    message = f"`{call.name}` takes {part or argument} of shape {shape_text(shape)} "
    message += f"but receives {shape_text(found)}"
    call.fail(
        "NS401" if len(shape) != len(found) else "NS403",
        message,
        argument=argument,
        help=f"give it a {part or argument} of shape {shape_text(shape)}",
        unmet=first_difference(found, shape),
    )
