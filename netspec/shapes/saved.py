"""What autograd keeps of one call until backward: `saved(op, settings, inputs, result)`.

Tensors are named by where they come from (`input`, `result`, an argument), so that one that several calls
keep is counted once; what a call makes for backward alone (indices, statistics, a mask) is a number of bytes.
As PyTorch's formulas of derivatives on CPU have it; parameters and buffers are not counted.

>>> from netspec.shapes.dims import symbol
>>> from netspec.shapes.values import Tensor
>>> x = Tensor((symbol("N"), symbol("C")))
>>> kept = saved("Dropout", {"p": 0.5}, {"input": x}, x)
>>> kept.names, str(kept.extra)
((), '4*C*N')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.shapes.dims import ONE, ZERO, Dim, dim, product
from netspec.shapes.values import Tensor, TupleOf, Value

BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint8": 1, "bool": 1, "complex64": 8, "complex128": 16, "complex32": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """`names`: arguments that are kept, and `result`. `extra`: bytes made for backward alone."""

    names: tuple[str, ...] = ()
    extra: Dim = ZERO


def saved(op: str, settings: Mapping[str, Any], inputs: Mapping[str, Any], result: Value) -> Saved | None:
    """What is kept; None for an op of which it is not known here, or where sizes are unknown."""
    rule = _RULES.get(op)
    return None if rule is None else rule({**settings, **inputs}, result)


_Rule = Callable[[Mapping[str, Any], Value], "Saved | None"]


def _names(*names: str) -> _Rule:
    def rule(given: Mapping[str, Any], result: Value) -> Saved:
        return Saved(names)

    return rule


def _cloned(given: Mapping[str, Any], result: Value) -> Saved | None:
    """The derivative needs the input; the op in place keeps a copy of it."""
    if given.get("inplace") is not True:
        return Saved(("input",))
    size = bytes_of(result)
    return None if size is None else Saved((), size)


def _pooled(given: Mapping[str, Any], result: Value) -> Saved | None:
    """The input, and for each result where it was found (int64)."""
    first = result.items[0] if isinstance(result, TupleOf) else result
    count = elements(first)
    return None if count is None else Saved(("input",), count * 8)


def _averaged(given: Mapping[str, Any], result: Value) -> Saved:
    """Pooling to one value is a mean, which keeps nothing."""
    size = given.get("output_size")
    whole = all(each == 1 for each in size) if isinstance(size, tuple) else size == 1
    return Saved() if whole else Saved(("input",))


def _batch_norm(given: Mapping[str, Any], result: Value) -> Saved | None:
    """The input, and each channel's mean and deviation (where they come from the batch)."""
    if not isinstance(result, Tensor) or result.shape is None:
        return None
    return Saved(("input",), result.shape[1] * 8)


def _layer_norm(given: Mapping[str, Any], result: Value) -> Saved | None:
    """The input, and a mean and a deviation for each item."""
    if not isinstance(result, Tensor) or result.shape is None:
        return None
    shape = given["normalized_shape"]
    inner = len(shape) if isinstance(shape, tuple) else 1
    return Saved(("input",), product(result.shape[: len(result.shape) - inner]) * 8)


def _group_norm(given: Mapping[str, Any], result: Value) -> Saved | None:
    if not isinstance(result, Tensor) or result.shape is None:
        return None
    return Saved(("input",), result.shape[0] * dim(given["num_groups"]) * 8)


def _dropout(given: Mapping[str, Any], result: Value) -> Saved | None:
    """A mask of the input's dtype (on a GPU, a byte for each value)."""
    size = bytes_of(result)
    if size is None:
        return None
    return Saved((), size) if given.get("p") else Saved()


def _channel_dropout(given: Mapping[str, Any], result: Value) -> Saved | None:
    """A mask for each item and channel."""
    if not isinstance(result, Tensor) or result.shape is None:
        return None
    return Saved((), product(result.shape[:2]) * 4) if given.get("p") else Saved()


def _stochastic_depth(given: Mapping[str, Any], result: Value) -> Saved | None:
    """A mask for each item (`row`), or one."""
    if not isinstance(result, Tensor) or result.shape is None:
        return None
    if not given.get("p"):
        return Saved()
    return Saved((), (result.shape[0] if given.get("mode") == "row" else ONE) * 4)


def _attention(given: Mapping[str, Any], result: Value) -> Saved | None:
    """Self-attention that returns no weights: its input, the three projections, what the heads yield, and the
    sums of the softmax. Other forms are not known here."""
    output = result.items[0] if isinstance(result, TupleOf) else result
    query, size = given["query"], bytes_of(output)
    one = query is given["key"] and query is given["value"]
    extra = ("add_bias_kv", "add_zero_attn", "dropout", "need_weights", "attn_mask", "key_padding_mask")
    plain = not any(isinstance(given.get(name), Tensor) or given.get(name) for name in extra)
    if size is None or not one or not plain or not isinstance(query, Tensor) or len(query.shape or ()) != 3:
        return None
    assert query.shape is not None
    batch, length = (0, 1) if given["batch_first"] else (1, 0)
    sums = query.shape[batch] * query.shape[length] * dim(given["num_heads"]) * BYTES["float32"]
    return Saved(("query",), 4 * size + sums)


def _fused_attention(given: Mapping[str, Any], result: Value) -> Saved | None:
    """Query, key, value and the result, and the sum of the softmax of each row; without mask and dropout."""
    if isinstance(given.get("attn_mask"), Tensor) or given.get("dropout_p") or not isinstance(result, Tensor):
        return None
    if result.shape is None or len(result.shape) != 4 or given.get("enable_gqa"):
        return None
    return Saved(("query", "key", "value", "result"), product(result.shape[:-1]) * BYTES["float32"])


def elements(value: Value) -> Dim | None:
    return product(value.shape) if isinstance(value, Tensor) and value.shape is not None else None


def bytes_of(value: Value) -> Dim | None:
    """The size of a tensor; None where it is unknown."""
    count = elements(value)
    if count is None or not isinstance(value, Tensor) or value.dtype not in BYTES:
        return None
    return count * BYTES[value.dtype]


def _each(names: str, rule: _Rule) -> dict[str, _Rule]:
    return dict.fromkeys(names.split(), rule)


_NOTHING = """
    add sub neg cat stack flatten Flatten view reshape permute Permute transpose squeeze unsqueeze unflatten
    Unflatten expand chunk split unbind narrow select index movedim swapaxes Identity mean sum pad tile clone
    t channel_shuffle ChannelShuffle PixelShuffle pixel_shuffle interpolate Upsample view_as expand_as
    ZeroPad2d getitem list append
    randn_like rand_like zeros_like ones_like full_like bernoulli argmax argmin
"""
_RESULT = "ReLU relu Sigmoid sigmoid Tanh tanh Softmax softmax LogSoftmax log_softmax exp sqrt rsqrt"
_INPUT = """
    Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Linear Embedding GELU gelu LeakyReLU
    leaky_relu Hardsigmoid hardsigmoid AvgPool1d AvgPool2d AvgPool3d avg_pool1d avg_pool2d avg_pool3d abs log
    square sin cos clamp
"""
POOLED = frozenset(
    """MaxPool1d MaxPool2d MaxPool3d max_pool1d max_pool2d max_pool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
    AdaptiveMaxPool3d""".split()
)
"""Ops that find where each maximum is."""
_RULES: dict[str, _Rule] = {
    **_each(_NOTHING, _names()),
    **_each(_RESULT, _names("result")),
    **_each(_INPUT, _names("input")),
    **_each("SiLU silu Hardswish hardswish Mish mish ReLU6 relu6 Hardtanh hardtanh", _cloned),
    **dict.fromkeys(POOLED, _pooled),
    **_each("AdaptiveAvgPool2d AdaptiveAvgPool3d adaptive_avg_pool2d adaptive_avg_pool3d", _averaged),
    **_each("BatchNorm1d BatchNorm2d BatchNorm3d", _batch_norm),
    "LayerNorm": _layer_norm,
    "GroupNorm": _group_norm,
    **_each("Dropout dropout", _dropout),
    **_each("Dropout2d Dropout3d dropout2d dropout3d", _channel_dropout),
    **_each("StochasticDepth stochastic_depth", _stochastic_depth),
    "MultiheadAttention": _attention,
    "scaled_dot_product_attention": _fused_attention,
    **_each("mul matmul bmm mm div", _names("input", "other", "mat2")),
    **_each("amax amin", _names("input", "result")),
}
