"""Look-ups in a table of vectors: `embedding`, `embedding_bag`; and `one_hot`."""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import const
from netspec.shapes.rules.functions.arguments import given, index, need_floating, rank_of, same_dtype
from netspec.shapes.rules.functions.checking import must_match
from netspec.shapes.rules.functions.counted import unmeasured
from netspec.shapes.values import Shape, Tensor, shape_text

_INDEX = ("int64", "int32")


def _table(call: Call) -> tuple[Tensor, Shape | None, Shape | None]:
    """The weight, its shape [rows, features], and the shape of the indices."""
    indices, weight = call.tensor("input"), call.tensor("weight")
    if indices.dtype is not None and indices.dtype not in _INDEX:
        call.fail(
            "NS405",
            f"`{call.name}` needs int64 indices but receives {indices}",
            help="convert them with `long`",
        )
    return weight, rank_of(call, weight, 2, argument="weight"), indices.shape


def embedding(call: Call) -> Tensor:
    """[...] indices -> [..., features]."""
    weight, table, shape = _table(call)
    row = given(call, "padding_idx")
    if table is not None and isinstance(row, int):
        rows = table[0].value
        if rows is not None and not -rows <= row < rows:
            call.fail("NS408", f"`{call.name}` has padding_idx {row} but {rows} rows", argument="padding_idx")
    if table is None or shape is None:
        return Tensor(None, weight.dtype)
    return Tensor((*shape, table[1]), weight.dtype)


def embedding_bag(call: Call) -> Tensor:
    """[bags, indices], or a vector cut at `offsets` -> [bags, features]."""
    weight, table, shape = _table(call)
    need_floating(call, weight, argument="weight")
    offsets, scales = call.optional("offsets"), call.optional("per_sample_weights")
    if shape is None or table is None:
        return Tensor(None, weight.dtype)
    if scales is not None:
        _check_scales(call, scales, shape)
    if len(shape) == 2:
        if offsets is not None:
            call.fail(
                "NS408", f"`{call.name}` takes offsets with a vector of indices only", argument="offsets"
            )
        return Tensor((shape[0], table[1]), weight.dtype)
    rank_of(call, call.tensor("input"), 1, 2)
    if offsets is None:
        call.fail("NS408", f"`{call.name}` needs offsets to cut {shape_text(shape)} into bags")
    bags = rank_of(call, offsets, 1, argument="offsets")
    if bags is None:
        return Tensor(None, weight.dtype)
    return Tensor((bags[0] - bool(given(call, "include_last_offset", False)), table[1]), weight.dtype)


def _check_scales(call: Call, scales: Tensor, shape: Shape) -> None:
    if given(call, "mode", "mean") != "sum":
        call.fail("NS408", f"`{call.name}` weighs samples in mode sum only", argument="per_sample_weights")
    same_dtype(call, call.tensor("weight"), scales)
    must_match(
        call,
        scales.shape,
        shape,
        f"`{call.name}` needs per_sample_weights of shape {shape_text(shape)} but receives {scales}",
        argument="per_sample_weights",
    )


def one_hot(call: Call) -> Tensor:
    """[...] classes -> [..., num_classes]; without `num_classes` the size depends on values."""
    tensor = call.tensor("tensor" if "tensor" in call.inputs else "input")
    if tensor.dtype not in (None, "int64"):
        call.fail("NS405", f"`{call.name}` needs int64 classes but receives {tensor}", help="use `long`")
    count = -1 if given(call, "num_classes") is None else index(call, "num_classes")
    if count == 0 or count < -1:
        call.fail("NS404", f"`{call.name}` has {count} classes", argument="num_classes")
    if count == -1:
        return unmeasured(call, "int64")
    if tensor.shape is None:
        return Tensor(None, "int64")
    return Tensor((*tensor.shape, const(count)), "int64")


RULES: dict[str, Rule] = {"embedding": embedding, "embedding_bag": embedding_bag, "one_hot": one_hot}
