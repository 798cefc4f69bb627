"""Linear maps whose weight is an argument: `linear`, `bilinear`."""

from __future__ import annotations

from netspec.shapes.broadcast import Clash, broadcast
from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import rank_at_least, rank_of
from netspec.shapes.rules.functions.checking import must_equal, must_match
from netspec.shapes.rules.functions.products import typed_product
from netspec.shapes.values import Shape, Tensor, shape_text


def linear(call: Call) -> Tensor:
    """[..., in] by a weight [out, in] (or [in], which drops the dimension) -> [..., out]."""
    tensor, weight, bias = call.tensor("input"), call.tensor("weight"), call.optional("bias")
    dtype = typed_product(call, tensor, weight, *((bias,) if bias is not None else ()))
    shape, matrix = rank_at_least(call, tensor, 1), rank_of(call, weight, 1, 2, argument="weight")
    if matrix is None:
        return Tensor(None, dtype)
    made = None
    if shape is not None:
        must_equal(
            call,
            shape[-1],
            matrix[-1],
            f"`{call.name}` takes {matrix[-1]} features but receives {shape[-1]}",
        )
        made = (*shape[:-1], *matrix[:-1])
    if bias is not None and bias.shape is not None:
        _check_bias(call, bias.shape, matrix, made)
    return Tensor(made, dtype)


def _check_bias(call: Call, bias: Shape, matrix: Shape, made: Shape | None) -> None:
    try:
        fits = made is None or broadcast(bias, made) == made
    except Clash:
        fits = False
    if not fits:
        call.fail(
            "NS403",
            f"`{call.name}` adds a bias of shape {shape_text(bias)} to {shape_text(made)}",
            argument="bias",
        )


def bilinear(call: Call) -> Tensor:
    """[..., a] and [..., b] by a weight [out, a, b] -> [..., out]."""
    first, second, weight = (call.tensor(name) for name in ("input1", "input2", "weight"))
    bias = call.optional("bias")
    dtype = typed_product(call, first, second, weight, *((bias,) if bias is not None else ()))
    shape = rank_of(call, weight, 3, argument="weight")
    if shape is None or first.shape is None or second.shape is None:
        return Tensor(None, dtype)
    if bias is not None:
        must_match(
            call,
            bias.shape,
            shape[:1],
            f"`{call.name}` makes {shape[0]} features but has a bias {shape_text(bias.shape)}",
            argument="bias",
        )
    rank_at_least(call, first, 1, "input1")
    rank_of(call, second, len(first.shape), argument="input2")
    wanted = (*first.shape[:-1], shape[1]), (*first.shape[:-1], shape[2])
    for tensor, name, needed in zip((first, second), ("input1", "input2"), wanted, strict=True):
        must_match(
            call,
            tensor.shape,
            needed,
            f"`{call.name}` needs {shape_text(needed)} for `{name}` but receives {shape_text(tensor.shape)}",
            argument=name,
        )
    return Tensor((*first.shape[:-1], shape[0]), dtype)


RULES: dict[str, Rule] = {
    "linear": linear,
    "bilinear": bilinear,
}
