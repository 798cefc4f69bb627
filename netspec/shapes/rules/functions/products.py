"""Matrix and vector products: `matmul`, `mm`, `bmm`, `addmm`, `outer`, ...

Inner sizes must be equal for every size (NS403), all operands of one dtype (NS405).

>>> from netspec.shapes.dims import const, symbol
>>> n, t = symbol("N"), symbol("T")
>>> q, k = Tensor((n, const(8), t, const(64))), Tensor((n, const(8), const(64), t))
>>> str(matmul(Call("matmul", "matmul", inputs={"input": q, "other": k})))
'float32 [N, 8, T, T]'
"""

from __future__ import annotations

from netspec.shapes.broadcast import Clash, broadcast, broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim
from netspec.shapes.promotion import category, result_dtype
from netspec.shapes.rules.functions.arguments import rank_at_least, rank_of, same_dtype
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.values import Shape, Tensor, shape_text


def typed_product(call: Call, *found: Tensor) -> str | None:
    """The one dtype of the operands; products of booleans are not computed."""
    dtype = same_dtype(call, *found)
    if dtype is not None and category(dtype) == 0:
        call.fail("NS405", f"`{call.name}` does not take booleans", help="convert them first")
    return dtype


def _meet(call: Call, a: Dim, b: Dim, left: Shape, right: Shape) -> None:
    must_equal(
        call,
        a,
        b,
        f"`{call.name}` cannot multiply {shape_text(left)} by {shape_text(right)}: {a} meets {b}",
        code="NS403",
        help="the last size of the first must equal the second last size of the second",
    )


def matmul(call: Call) -> Tensor:
    """Vectors, matrices, and batches of matrices, whose other dimensions broadcast."""
    a, b = call.tensor("input"), call.tensor("other")
    dtype = typed_product(call, a, b)
    left, right = rank_at_least(call, a, 1), rank_at_least(call, b, 1, "other")
    if left is None or right is None:
        return Tensor(None, dtype)
    _meet(call, left[-1], right[-2] if len(right) > 1 else right[0], left, right)
    batch = _batch(call, left, right)
    if batch is None:
        return Tensor(None, dtype)
    rows = left[-2:-1] if len(left) > 1 else ()
    columns = right[-1:] if len(right) > 1 else ()
    return Tensor((*batch, *rows, *columns), dtype)


def _batch(call: Call, left: Shape, right: Shape) -> Shape | None:
    try:
        return broadcast(left[:-2], right[:-2])
    except Clash as clash:
        call.fail(
            "NS403",
            f"`{call.name}` cannot multiply {shape_text(left)} by {shape_text(right)}: "
            f"dimension {clash.axis - 2} is {clash.left} and {clash.right}",
            help="the dimensions before the last two must be equal or 1",
            unmet=clash.unmet,
        )


def _operands(call: Call, names: tuple[str, str], ranks: tuple[int, int]) -> tuple[Tensor, Tensor]:
    first, second = call.tensor(names[0]), call.tensor(names[1])
    rank_of(call, first, ranks[0], argument=names[0])
    rank_of(call, second, ranks[1], argument=names[1])
    return first, second


def _product(call: Call, names: tuple[str, str], ranks: tuple[int, int]) -> Tensor:
    """The product of two operands of fixed ranks: [.., k] by [.., k, n]."""
    first, second = _operands(call, names, ranks)
    dtype = typed_product(call, first, second)
    if first.shape is None or second.shape is None:
        return Tensor(None, dtype)
    inner = second.shape[-2] if ranks[1] > 1 else second.shape[0]
    _meet(call, first.shape[-1], inner, first.shape, second.shape)
    if ranks[0] == 3:
        must_equal(
            call,
            first.shape[0],
            second.shape[0],
            f"`{call.name}` multiplies batches of {first.shape[0]} and {second.shape[0]} matrices",
            code="NS403",
        )
    columns = second.shape[-1:] if ranks[1] > 1 else ()
    return Tensor((*first.shape[:-1], *columns), dtype)


def mm(call: Call) -> Tensor:
    return _product(call, ("input", "mat2"), (2, 2))


def bmm(call: Call) -> Tensor:
    return _product(call, ("input", "mat2"), (3, 3))


def mv(call: Call) -> Tensor:
    return _product(call, ("input", "vec"), (2, 1))


def dot(call: Call) -> Tensor:
    other = "tensor" if "tensor" in call.inputs else "other"
    return _product(call, ("input", other), (1, 1))


def _added(call: Call, made: Tensor, *, rank: int | None = None) -> Tensor:
    """The product plus `input`, which broadcasts to the product's shape."""
    base = call.tensor("input")
    if call.op.removesuffix("_") != "addr":
        typed_product(call, base, made)
    if base.shape is None or made.shape is None:
        return made
    if rank is not None and len(base.shape) > rank:
        rank_of(call, base, *range(rank + 1))
    try:
        fits = broadcast(base.shape, made.shape) == made.shape
    except Clash:
        fits = False
    if not fits:
        call.fail(
            "NS403",
            f"`{call.name}` adds {shape_text(base.shape)} to a product of shape {shape_text(made.shape)}, "
            "to which it does not broadcast",
        )
    return made


def addmm(call: Call) -> Tensor:
    return _added(call, _product(call, ("mat1", "mat2"), (2, 2)), rank=2)


def addmv(call: Call) -> Tensor:
    return _added(call, _product(call, ("mat", "vec"), (2, 1)), rank=1)


def baddbmm(call: Call) -> Tensor:
    return _added(call, _product(call, ("batch1", "batch2"), (3, 3)), rank=3)


def addbmm(call: Call) -> Tensor:
    """The products of a batch, summed."""
    made = _product(call, ("batch1", "batch2"), (3, 3))
    summed = None if made.shape is None else made.shape[1:]
    return _added(call, Tensor(summed, made.dtype), rank=2)


def addr(call: Call) -> Tensor:
    first, second = _operands(call, ("vec1", "vec2"), (1, 1))
    base = call.tensor("input")
    dtype = base.dtype if base.dtype == first.dtype == second.dtype else None
    if first.shape is None or second.shape is None:
        return Tensor(None, dtype)
    return _added(call, Tensor((first.shape[0], second.shape[0]), dtype), rank=2)


def outer(call: Call) -> Tensor:
    """`outer`, `ger`: every product of two vectors' elements."""
    other = "vec2" if "vec2" in call.inputs else "other"
    first, second = _operands(call, ("input", other), (1, 1))
    dtype = result_dtype([first, second])
    if first.shape is None or second.shape is None:
        return Tensor(None, dtype)
    return Tensor((first.shape[0], second.shape[0]), dtype)


def inner(call: Call) -> Tensor:
    """Sums over the last dimension of both; with a scalar, a plain product."""
    a, b = call.tensor("input"), call.tensor("other")
    if a.shape == () or b.shape == ():
        return Tensor(broadcast_inputs(call, a, b), result_dtype([a, b]))
    dtype = typed_product(call, a, b)
    if a.shape is None or b.shape is None:
        return Tensor(None, dtype)
    _meet(call, a.shape[-1], b.shape[-1], a.shape, b.shape)
    return Tensor((*a.shape[:-1], *b.shape[:-1]), dtype)


RULES: dict[str, Rule] = {
    "matmul": matmul,
    "mm": mm,
    "bmm": bmm,
    "mv": mv,
    **dict.fromkeys(("dot", "vdot"), dot),
    "addmm": addmm,
    "addmv": addmv,
    "baddbmm": baddbmm,
    "addbmm": addbmm,
    "addr": addr,
    **dict.fromkeys(("outer", "ger"), outer),
    "inner": inner,
}
