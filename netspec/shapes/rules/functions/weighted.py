"""Functions that do what a layer does with weights that are given: `multi_head_attention_forward`,
`linear_cross_entropy`.

The weights must have the shapes of the layer's own; for the rest the layer's rule answers.
"""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, Dim, DimLike, dim
from netspec.shapes.rules.functions.arguments import flag, rank_at_least, rank_of, same_dtype, size
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.rules.modules.demands import match_shape
from netspec.shapes.values import Shape, Tensor, Value


def attention(call: Call) -> Value:
    """(output, weights) of MultiheadAttention over [L, N, E], or [L, E] without a batch.

    One `in_proj_weight` [3 E, E] projects all three, or with `use_separate_proj_weight` each has its own.
    """
    width = size(call, "embed_dim_to_check")
    separate = flag(call, "use_separate_proj_weight")
    settings = {
        "embed_dim": width,
        "batch_first": False,
        "add_bias_kv": call.optional("bias_k") is not None,
        "kdim": _features(call, "k_proj_weight") if separate else None,
        "vdim": _features(call, "v_proj_weight") if separate else None,
        "dtype": call.tensor("out_proj_weight").dtype,
    }
    shapes: dict[str, tuple[DimLike, ...]] = {
        "in_proj_bias": (3 * width,),
        "out_proj_weight": (width, width),
        "out_proj_bias": (width,),
    }
    if separate:
        shapes["q_proj_weight"] = (width, width)
    else:
        call.tensor("in_proj_weight")
        shapes["in_proj_weight"] = (3 * width, width)
    for name, wanted in shapes.items():
        tensor = call.optional(name)
        if tensor is not None:
            match_shape(call, name, tensor, wanted)
    for name in ("bias_k", "bias_v"):
        _check_column(call, name, width)
    if (call.optional("bias_k") is None) != (call.optional("bias_v") is None):
        call.fail("NS408", f"`{call.name}` needs bias_k and bias_v, or neither", argument="bias_v")
    _no_static(call)
    return delegate(call, "MultiheadAttention", settings=settings, blame=_BLAME)


_BLAME = {
    "embed_dim": "embed_dim_to_check",
    "kdim": "k_proj_weight",
    "vdim": "v_proj_weight",
    "num_heads": "num_heads",
}


def _features(call: Call, name: str) -> Dim | None:
    """What a projection [E, features] takes."""
    shape = rank_of(call, call.tensor(name), 2, argument=name)
    return None if shape is None else shape[1]


def _check_column(call: Call, name: str, width: Dim) -> None:
    """One more key or value, the same for the whole batch: [1, 1, E], or without the leading ones."""
    column = call.optional(name)
    if column is not None and column.shape is not None:
        padded = Tensor((ONE,) * (3 - len(column.shape)) + column.shape, column.dtype)
        match_shape(call, name, padded, (1, 1, width))


def _no_static(call: Call) -> None:
    """Keys and values that are projected already have the heads in their batch: of those nothing is known."""
    for name in ("static_k", "static_v"):
        if call.optional(name) is not None:
            call.fail(
                "NS108",
                f"the shapes that `{call.name}` makes with {name} are not known to netspec",
                argument=name,
                help="project inside of it, or use `scaled_dot_product_attention`",
            )


def linear_cross_entropy(call: Call) -> Value:
    """The loss of scores [N, *out_features, classes] by a weight [classes, *out_features, in_features]."""
    tensor, weight, bias = call.tensor("input"), call.tensor("linear_weight"), call.optional("linear_bias")
    dtype = same_dtype(call, tensor, weight, *(() if bias is None else (bias,)))
    shape = rank_at_least(call, weight, 2, "linear_weight")
    if shape is None:
        return Tensor(None, dtype)
    if bias is not None:
        match_shape(call, "linear_bias", bias, shape[:-1])
    _check_classes(call, shape)
    settings = {
        "in_features": shape[-1],
        "num_classes": shape[0],
        "out_features": shape[1:-1],
        "dtype": dtype,
    }
    return delegate(call, "LinearCrossEntropyLoss", settings=settings, blame={"in_features": "linear_weight"})


def _check_classes(call: Call, shape: Shape) -> None:
    weight = call.optional("weight")
    sizes = None if weight is None else rank_of(call, weight, 1, argument="weight")
    if sizes is not None:
        message = f"`{call.name}` has {sizes[0]} weights for {shape[0]} classes"
        must_equal(call, sizes[0], dim(shape[0]), message, argument="weight")


RULES: dict[str, Rule] = {
    "multi_head_attention_forward": attention,
    "linear_cross_entropy": linear_cross_entropy,
}
