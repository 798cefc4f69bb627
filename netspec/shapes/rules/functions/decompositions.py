"""Functions of factored matrices: `cholesky_solve`, `lu_solve`, `svd`.

>>> from netspec.shapes.dims import const, symbol
>>> matrices = Tensor((symbol("N"), const(5), const(3)))
>>> str(svd(Call("svd", "svd", inputs={"input": matrices})).items[1])
'float32 [N, 3]'
"""

from __future__ import annotations

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import flag, need_floating, rank_at_least, same_dtype
from netspec.shapes.rules.functions.checking import must_equal, must_match, never_exceeds
from netspec.shapes.rules.functions.matrices import square
from netspec.shapes.values import Shape, Tensor, TupleOf, shape_text


def cholesky_solve(call: Call) -> Tensor:
    """The solution has the shape of the right-hand side [..., n, k], for a factor [..., n, n]."""
    tensor, factor = call.tensor("input"), call.tensor("input2")
    dtype = same_dtype(call, tensor, factor)
    right, left = rank_at_least(call, tensor, 2), rank_at_least(call, factor, 2, "input2")
    if left is None or right is None:
        return Tensor(None, dtype)
    for size, other in ((left[-1], left[-2]), (left[-1], right[-2])):
        must_equal(
            call,
            size,
            other,
            f"`{call.name}` cannot solve {shape_text(right)} with a factor {shape_text(left)}",
            code="NS403",
            argument="input2",
        )
    batch = broadcast_inputs(call, Tensor(left[:-2]), Tensor(right[:-2]))
    return Tensor(None if batch is None else (*batch, *right[-2:]), dtype)


def lu_solve(call: Call) -> Tensor:
    """The solution has the shape of the right-hand side [..., n, k]; pivots are int32 [..., n]."""
    tensor, factors, pivots = (call.tensor(name) for name in ("input", "LU_data", "LU_pivots"))
    dtype = same_dtype(call, tensor, factors)
    need_floating(call, tensor, complex=True)
    if pivots.dtype not in (None, "int32"):
        call.fail("NS405", f"`{call.name}` takes int32 pivots but receives {pivots}", argument="LU_pivots")
    right, left = rank_at_least(call, tensor, 2), rank_at_least(call, factors, 2, "LU_data")
    order = rank_at_least(call, pivots, 1, "LU_pivots")
    if left is None or right is None or order is None:
        return Tensor(None, dtype)
    message = f"`{call.name}` cannot solve {shape_text(right)} with factors {shape_text(left)}"
    for size in (left[-2], right[-2]):
        must_equal(call, size, left[-1], message, code="NS403", argument="LU_data")
    message = f"`{call.name}` takes pivots {shape_text(left[:-1])} but receives {shape_text(order)}"
    must_match(call, order, left[:-1], message, argument="LU_pivots")
    batch = broadcast_inputs(call, Tensor(left[:-2]), Tensor(right[:-2]))
    return Tensor(None if batch is None else (*batch, *right[-2:]), dtype)


def svd(call: Call) -> TupleOf:
    """[..., m, n] -> U [..., m, k], S [..., k], V [..., n, k] with k the lesser of m and n.

    Without `some`, U and V are square. None where neither m nor n is the lesser for every size.
    """
    tensor = call.tensor("input")
    need_floating(call, tensor, complex=True)
    real = {"complex64": "float32", "complex128": "float64"}.get(tensor.dtype or "", tensor.dtype)
    shape = rank_at_least(call, tensor, 2)
    if shape is None:
        return _decomposed(tensor.dtype, real, None, None, None)
    *batch, rows, columns = shape
    least = rows if never_exceeds(rows, columns) else columns if never_exceeds(columns, rows) else None
    values = None if least is None else (*batch, least)
    left, right = (least, least) if flag(call, "some", True) else (rows, columns)
    return _decomposed(
        tensor.dtype,
        real,
        None if left is None else (*batch, rows, left),
        values,
        None if right is None else (*batch, columns, right),
    )


def _decomposed(
    dtype: str | None, real: str | None, u: Shape | None, s: Shape | None, v: Shape | None
) -> TupleOf:
    return TupleOf((Tensor(u, dtype), Tensor(s, real), Tensor(v, dtype)), ("U", "S", "V"))


RULES: dict[str, Rule] = {
    "cholesky_inverse": square,
    "cholesky_solve": cholesky_solve,
    "lu_solve": lu_solve,
    "svd": svd,
}
