"""Floating-point operations of one call: `flops(op, settings, inputs, result)`.

Counts what `torch.utils.flop_counter` counts: matrix products, convolutions and attention, two for
each multiply-add; biases, activations, normalisation and pooling count nothing. Symbolic in the
dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.catalog.registered import is_registered
from netspec.shapes.call import Call
from netspec.shapes.dims import ZERO, Dim, dim, product
from netspec.shapes.parts import PARTS
from netspec.shapes.rules.modules.composition import chain, in_call_order
from netspec.shapes.values import UNKNOWN, Tensor, Value
from netspec.shapes.weights import tensors

Inputs = Mapping[str, Any]


def flops(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim | None:
    """The count; None where it, or a shape that it needs, is not known."""
    if op in _UNCOUNTED or is_registered(op):
        return None
    if op not in _COUNTS:
        return ZERO
    try:
        return _COUNTS[op](op, settings, inputs, result)
    except _Unknown:
        return None


class _Unknown(Exception):
    """A shape that the count needs is not known."""


def _shape(value: object) -> tuple[Dim, ...]:
    if isinstance(value, Tensor) and value.shape is not None:
        return value.shape
    raise _Unknown


def _weight(op: str, settings: Mapping[str, Any], name: str = "weight") -> tuple[Dim, ...]:
    return _known(next(each.shape for each in tensors(op, settings) if each.name == name))


def _known(shape: tuple[Dim, ...] | None) -> tuple[Dim, ...]:
    if shape is None:
        raise _Unknown
    return shape


def _convolution(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each output element takes in_channels / groups * kernel multiply-adds."""
    return 2 * product(_shape(result)) * product(_weight(op, settings)[1:])


def _functional_convolution(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(_shape(result)) * product(_shape(inputs["weight"])[1:])


def _transposed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each input element feeds out_channels / groups * kernel multiply-adds."""
    return 2 * product(_shape(inputs["input"])) * product(_weight(op, settings)[1:])


def _functional_transposed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(_shape(inputs["input"])) * product(_shape(inputs["weight"])[1:])


def _linear(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(_shape(result)) * dim(settings["in_features"])


def _product(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each element of a matrix product sums over the last dimension of the first factor."""
    first = next(inputs[name] for name in ("batch1", "mat1", "input") if isinstance(inputs.get(name), Tensor))
    return 2 * product(_shape(result)) * _shape(first)[-1]


def _attention(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Query times key, and the weights times value."""
    query, key, value = (_shape(inputs[name]) for name in ("query", "key", "value"))
    scores = product(query[:-1]) * key[-2]
    return 2 * scores * query[-1] + 2 * scores * value[-1]


def _recurrent(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Every weight matrix is applied once for each element of the sequence and the batch."""
    steps = product(_shape(inputs["input"])[:-1])
    shapes = [_known(each.shape) for each in tensors(op, settings)]
    return 2 * steps * sum((product(shape) for shape in shapes if len(shape) == 2), ZERO)


def _multihead(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Four projections, and attention over all heads (which together are embed_dim wide)."""
    query, key = _shape(inputs["query"]), _shape(inputs["key"])
    width = dim(settings["embed_dim"])
    batch_axis = 0 if settings["batch_first"] else 1
    length_axis = 1 - batch_axis
    batch = query[batch_axis] if len(query) == 3 else dim(1)
    target = query[length_axis] if len(query) == 3 else query[0]
    source = key[length_axis] if len(key) == 3 else key[0]
    value_width = _shape(inputs["value"])[-1]
    projections = target * width * width * 2 + source * width * (key[-1] + value_width)
    return 2 * batch * (projections + 2 * target * source * width)


def _composed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """The sum over the parts that forward calls, each with what the one before gives it."""
    total, parts = ZERO, in_call_order(op, PARTS[op](settings))
    for part, given, answer in chain(Call(op, op, settings, inputs), parts, inputs["input"]):
        if answer is UNKNOWN:
            raise _Unknown
        count = flops(part.op, part.settings, given, answer)
        if count is None:
            raise _Unknown
        total += count
    return total


_Count = Callable[[str, Mapping[str, Any], Inputs, Value], Dim]
# These multiply matrices inside, and no formula here says how many.
_UNCOUNTED = frozenset(
    """Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer
    RNNCell LSTMCell GRUCell Bilinear bilinear multi_head_attention_forward deform_conv2d
    DeformConv2d""".split()
)
_COUNTS: dict[str, _Count] = {
    **{f"Conv{n}d": _convolution for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed for n in (1, 2, 3)},
    **{f"conv{n}d": _functional_convolution for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _functional_transposed for n in (1, 2, 3)},
    "Linear": _linear,
    **dict.fromkeys(("linear", "matmul", "mm", "bmm", "addmm", "baddbmm", "mv"), _product),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _recurrent),
    "scaled_dot_product_attention": _attention,
    "MultiheadAttention": _multihead,
    **dict.fromkeys(("Conv2dNormActivation", "Conv3dNormActivation", "MLP", "SqueezeExcitation"), _composed),
}
