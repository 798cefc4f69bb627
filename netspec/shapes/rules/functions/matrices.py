"""Functions of matrices and points: `cdist`, `kron`, `tensordot`, `det`, `inverse`, ..."""

from __future__ import annotations

from netspec.shapes.axes import axes, axis
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, ZERO, product
from netspec.shapes.promotion import result_dtype
from netspec.shapes.rules.functions.arguments import (
    given,
    index,
    items_of,
    need_floating,
    rank_at_least,
    rank_of,
    same_dtype,
)
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.values import Shape, Tensor, TupleOf, Value, shape_text


def _square(call: Call) -> tuple[Tensor, Shape | None]:
    """A batch of square matrices of floating-point or complex numbers."""
    tensor = call.tensor("input")
    need_floating(call, tensor, complex=True)
    shape = rank_at_least(call, tensor, 2)
    if shape is not None:
        must_equal(
            call,
            shape[-1],
            shape[-2],
            f"`{call.name}` needs square matrices but receives {shape_text(shape)}",
        )
    return tensor, shape


def square(call: Call) -> Tensor:
    """`inverse`, `matrix_exp`: of the same shape."""
    return _square(call)[0]


def matrix_power(call: Call) -> Tensor:
    tensor = call.tensor("input")
    shape = rank_at_least(call, tensor, 2)
    if shape is not None:
        must_equal(
            call,
            shape[-1],
            shape[-2],
            f"`{call.name}` needs square matrices but receives {shape_text(shape)}",
        )
    return tensor


def determinant(call: Call) -> Tensor:
    """`det`, `logdet`: a number for each matrix."""
    tensor, shape = _square(call)
    return Tensor(None if shape is None else shape[:-2], tensor.dtype)


def pseudo_inverse(call: Call) -> Tensor:
    tensor = call.tensor("input")
    need_floating(call, tensor, complex=True)
    shape = rank_at_least(call, tensor, 2)
    return Tensor(None if shape is None else (*shape[:-2], shape[-1], shape[-2]), tensor.dtype)


def cdist(call: Call) -> Tensor:
    """[..., P, M] and [..., R, M] -> [..., P, R]."""
    first, second = call.tensor("x1"), call.tensor("x2")
    for tensor, name in ((first, "x1"), (second, "x2")):
        need_floating(call, tensor, argument=name)
    some = all(one.shape is None or product(one.shape) != ZERO for one in (first, second))
    dtype = same_dtype(call, first, second) if some else None
    a, b = rank_at_least(call, first, 2, "x1"), rank_at_least(call, second, 2, "x2")
    if a is None or b is None:
        return Tensor(None, dtype)
    must_equal(
        call,
        a[-1],
        b[-1],
        f"`{call.name}` needs points of one size but receives {a[-1]} and {b[-1]}",
        code="NS403",
        argument="x2",
    )
    batch = broadcast_inputs(call, Tensor(a[:-2]), Tensor(b[:-2]))
    return Tensor(None if batch is None else (*batch, a[-2], b[-2]), dtype)


def cross(call: Call) -> Tensor:
    """Vectors of 3 numbers along `dim`; without it, the first dimension of size 3."""
    first, second = call.tensor("input"), call.tensor("other")
    if first.shape is not None and second.shape is not None and len(first.shape) != len(second.shape):
        call.fail("NS401", f"`{call.name}` needs values of one rank but receives {first} and {second}")
    rank_at_least(call, first, 1)
    shape = broadcast_inputs(call, first, second)
    dtype = same_dtype(call, first, second)
    if shape is not None and given(call, "dim") is not None:
        place = axis(call, index(call, "dim"), len(shape))
        _need_three(call, (first, second), place, "dim")
    elif shape is not None and not any(size.value == 3 for size in shape):
        call.fail("NS402", f"`{call.name}` finds no dimension of size 3 in {shape_text(shape)}")
    elif shape is not None:
        _need_three(call, (first, second), next(at for at, size in enumerate(shape) if size.value == 3), None)
    return Tensor(shape, dtype)


def _need_three(call: Call, tensors: tuple[Tensor, ...], place: int, argument: str | None) -> None:
    """A size of 1 does not broadcast along the dimension of the vectors."""
    for tensor in tensors:
        size = (tensor.shape or ())[place]
        message = f"`{call.name}` needs 3 numbers along dimension {place} but receives {size}"
        must_equal(call, size, 3, message, argument=argument)


def kron(call: Call) -> Tensor:
    """Sizes multiply, aligned at the end."""
    first, second = call.tensor("input"), call.tensor("other")
    if first.shape is None or second.shape is None:
        return Tensor(None, None)
    # A scalar is widened, so that its dtype counts in full.
    rank = max(len(first.shape), len(second.shape))
    a = (ONE,) * (rank - len(first.shape)) + first.shape
    b = (ONE,) * (rank - len(second.shape)) + second.shape
    dtype = result_dtype([Tensor(a, first.dtype), Tensor(b, second.dtype)])
    return Tensor(tuple(x * y for x, y in zip(a, b, strict=True)), dtype)


def tensordot(call: Call) -> Tensor:
    """Sums over pairs of dimensions: the last `dims` of `a` with the first of `b`, or as listed."""
    a, b = call.tensor("a"), call.tensor("b")
    dtype = same_dtype(call, a, b)
    if a.shape is None or b.shape is None:
        return Tensor(None, dtype)
    left, right = _pairs(call, len(a.shape), len(b.shape))
    for x, y in zip(left, right, strict=True):
        if ONE in (a.shape[x], b.shape[y]):
            continue  # a size of 1 is summed over on its own
        must_equal(
            call,
            a.shape[x],
            b.shape[y],
            f"`{call.name}` pairs dimension {x} of {shape_text(a.shape)} with {y} of {shape_text(b.shape)}",
            code="NS403",
        )
    rest = [size for at, size in enumerate(a.shape) if at not in left]
    return Tensor((*rest, *(size for at, size in enumerate(b.shape) if at not in right)), dtype)


def _pairs(call: Call, left: int, right: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    dims = given(call, "dims", 2)
    if not isinstance(dims, tuple | list):
        count = index(call, "dims", 2)
        if not 0 <= count <= min(left, right):
            call.fail(
                "NS401", f"`{call.name}` sums over {count} dimensions of {left} and {right}", argument="dims"
            )
        return tuple(range(left - count, left)), tuple(range(count))
    pair = [tuple(items_of(part)) for part in dims]
    if len(pair) != 2 or len(pair[0]) != len(pair[1]):
        call.fail("NS408", f"`{call.name}` needs as many dimensions of `a` as of `b`", argument="dims")
    return axes(call, pair[0], left, argument="dims"), axes(call, pair[1], right, argument="dims")


def pdist(call: Call) -> Tensor:
    """[N, M] -> the N (N - 1) / 2 distances between rows."""
    tensor = call.tensor("input")
    need_floating(call, tensor)
    shape = rank_of(call, tensor, 2)
    return Tensor(None if shape is None else (shape[0] * (shape[0] - 1) // 2,), tensor.dtype)


def renorm(call: Call) -> Tensor:
    tensor = call.tensor("input")
    need_floating(call, tensor, complex=True)
    shape = rank_at_least(call, tensor, 2)
    if shape is not None:
        axis(call, index(call, "dim"), len(shape))
    return tensor


def make_complex(call: Call) -> Tensor:
    """`complex`, `polar`: of two floating-point values of one dtype."""
    names = ("real", "imag") if "real" in call.inputs else ("abs", "angle")
    first, second = (call.tensor(name) for name in names)
    for tensor, name in zip((first, second), names, strict=True):
        need_floating(call, tensor, argument=name)
    dtype = same_dtype(call, first, second)
    made = {"float16": "complex32", "float32": "complex64", "float64": "complex128"}.get(dtype or "")
    return Tensor(broadcast_inputs(call, first, second), made)


def sign_and_log(call: Call) -> Value:
    """`slogdet`: two numbers for each matrix."""
    tensor, shape = _square(call)
    made = Tensor(None if shape is None else shape[:-2], tensor.dtype)
    return TupleOf((made, made), ("sign", "logabsdet"))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("inverse", "matrix_exp"), square),
    "matrix_power": matrix_power,
    **dict.fromkeys(("det", "logdet"), determinant),
    "slogdet": sign_and_log,
    "pinverse": pseudo_inverse,
    "cdist": cdist,
    "cross": cross,
    "kron": kron,
    "tensordot": tensordot,
    "pdist": pdist,
    "renorm": renorm,
    **dict.fromkeys(("complex", "polar"), make_complex),
}
