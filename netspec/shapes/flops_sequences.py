"""Floating-point operations of layers over sequences: recurrent layers and cells, attention, transformers.

Two for each multiply-add of a matrix product, as `torch.utils.flop_counter` counts them on the meta device,
where it sees through these layers. On other devices PyTorch may run one fused kernel, which it does not
count (LSTM on CPU, attention without its weights); the products are the same, and so is our count. Padding
counts as what it pads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.shapes.call import Call
from netspec.shapes.counting import Inputs, Uncounted, known, shape_of
from netspec.shapes.dims import ONE, ZERO, Dim, dim, product
from netspec.shapes.rules.modules.transformer import layer_of_stack
from netspec.shapes.values import Tensor, Value
from netspec.shapes.weights import tensors

Settings = Mapping[str, Any]


def _recurrent(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    """Every weight matrix is applied once for each element of the sequence and the batch."""
    steps = product(shape_of(inputs["input"])[:-1])
    shapes = [known(each.shape) for each in tensors(op, settings)]
    return 2 * steps * sum((product(shape) for shape in shapes if len(shape) == 2), ZERO)


def _multihead(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    """Attention between sequences with the widths and lengths given."""
    query, key, value = (shape_of(inputs[name]) for name in ("query", "key", "value"))
    more = bool(settings["add_bias_kv"]) + bool(settings["add_zero_attn"])
    return _attended(query, key, value, batch_first=settings["batch_first"], more=more)


def _functional_multihead(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    """As the layer, with everything among the inputs; projected keys or values are counted by no formula."""
    if isinstance(inputs.get("static_k"), Tensor) or isinstance(inputs.get("static_v"), Tensor):
        raise Uncounted
    query, key, value = (shape_of(inputs[name]) for name in ("query", "key", "value"))
    more = isinstance(inputs.get("bias_k"), Tensor) + bool(inputs.get("add_zero_attn"))
    return _attended(query, key, value, batch_first=False, more=more)


def _attended(
    query: tuple[Dim, ...], key: tuple[Dim, ...], value: tuple[Dim, ...], *, batch_first: bool, more: int = 0
) -> Dim:
    """Four projections, and over all heads, which together are as wide as the query: query times key,
    and weights times value. `more` positions are put behind the keys."""
    axis = 0 if len(query) < 3 or not batch_first else 1
    batch = query[1 - axis] if len(query) == 3 else ONE
    width, target, source = query[-1], query[axis], key[axis]
    projections = 2 * target * width * width + source * width * (key[-1] + value[-1])
    return 2 * batch * (projections + 2 * target * (source + more) * width)


def _feedforward(settings: Settings, sequence: tuple[Dim, ...]) -> Dim:
    """The two linear maps of a layer."""
    return 4 * product(sequence) * dim(settings["dim_feedforward"])


def _encoder_layer(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    return _encoded(settings, shape_of(inputs["src"]))


def _encoded(settings: Settings, source: tuple[Dim, ...]) -> Dim:
    attended = _attended(source, source, source, batch_first=settings["batch_first"])
    return attended + _feedforward(settings, source)


def _decoder_layer(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    return _decoded(settings, shape_of(inputs["tgt"]), shape_of(inputs["memory"]))


def _decoded(settings: Settings, target: tuple[Dim, ...], memory: tuple[Dim, ...]) -> Dim:
    """Attention to itself and to the memory."""
    across = _attended(target, memory, memory, batch_first=settings["batch_first"])
    return _encoded(settings, target) + across


def _stack(count: Callable[..., Dim], argument: str) -> Callable[..., Dim]:
    def counted(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
        inner = layer_of_stack(Call(op, op, settings, inputs), argument)
        if inner is None:
            raise Uncounted
        return dim(settings["num_layers"]) * count(inner.op, inner.settings, inputs, result)

    return counted


def _transformer(op: str, settings: Settings, inputs: Inputs, result: Value) -> Dim:
    """Both stacks of layers."""
    if settings["custom_encoder"] is not None or settings["custom_decoder"] is not None:
        raise Uncounted
    source, target = shape_of(inputs["src"]), shape_of(inputs["tgt"])
    encoded = dim(settings["num_encoder_layers"]) * _encoded(settings, source)
    return encoded + dim(settings["num_decoder_layers"]) * _decoded(settings, target, source)


SEQUENCE_COUNTS: dict[str, Callable[[str, Settings, Inputs, Value], Dim]] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), _recurrent),
    "MultiheadAttention": _multihead,
    "multi_head_attention_forward": _functional_multihead,
    "TransformerEncoderLayer": _encoder_layer,
    "TransformerDecoderLayer": _decoder_layer,
    "TransformerEncoder": _stack(_encoder_layer, "encoder_layer"),
    "TransformerDecoder": _stack(_decoder_layer, "decoder_layer"),
    "Transformer": _transformer,
}
