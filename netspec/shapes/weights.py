"""Which parameters and buffers a module owns: name, shape and dtype, in PyTorch's state_dict order.

`tensors(op, settings)` takes a module's name and all its constructor arguments; a module that owns
nothing, or that is not known, gives (). Shapes as the modules' constructors register them.

>>> [(each.name, str(each.shape)) for each in tensors("Linear", {"in_features": 3, "out_features": 2,
... "bias": True})]
[('weight', '(Dim(2), Dim(3))'), ('bias', '(Dim(2),)')]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from netspec.shapes.call import Fault
from netspec.shapes.dims import Dim, dim, product
from netspec.shapes.named_op import built, named
from netspec.shapes.owned import (
    UNSOLVED,
    OwnedTensor,
    Settings,
    buffer,
    parameter,
    quotient,
    size,
    sizes,
    within,
)
from netspec.shapes.parts import PARTS, Parts
from netspec.shapes.weights_attention import OWNERS as ATTENTION
from netspec.shapes.weights_vision import OWNERS as VISION

__all__ = ["OwnedTensor", "tensors"]

Owner: TypeAlias = Callable[[Settings], tuple[OwnedTensor, ...]]


def tensors(op: str, settings: Settings) -> tuple[OwnedTensor, ...]:
    """The parameters and buffers of the module `op`, in state_dict order."""
    owner = _OWNERS.get(op)
    if owner is None:
        return ()
    dtype = settings.get("dtype")
    owned = owner(settings)
    if not dtype:
        return owned
    return tuple(replace(each, dtype=dtype) if each.dtype == "float32" else each for each in owned)


def _with_bias(settings: Settings, weight: OwnedTensor, *bias: Dim) -> tuple[OwnedTensor, ...]:
    return (weight, parameter("bias", *bias)) if settings.get("bias", True) else (weight,)


def _conv(settings: Settings, count: int, transposed: bool) -> tuple[OwnedTensor, ...]:
    before = size(settings, "in_channels") if "in_channels" in settings else UNSOLVED
    after, kernel = size(settings, "out_channels"), sizes(settings["kernel_size"], count)
    groups = size(settings, "groups")
    channels = (before, quotient(after, groups)) if transposed else (after, quotient(before, groups))
    return _with_bias(settings, parameter("weight", *channels, *kernel), after)


def _linear(settings: Settings) -> tuple[OwnedTensor, ...]:
    before = size(settings, "in_features") if "in_features" in settings else UNSOLVED
    after = size(settings, "out_features")
    return _with_bias(settings, parameter("weight", after, before), after)


def _bilinear(settings: Settings) -> tuple[OwnedTensor, ...]:
    after, *before = (size(settings, f"{side}_features") for side in ("out", "in1", "in2"))
    return _with_bias(settings, parameter("weight", after, *before), after)


def _embedding(settings: Settings) -> tuple[OwnedTensor, ...]:
    return (parameter("weight", size(settings, "num_embeddings"), size(settings, "embedding_dim")),)


def _batch_norm(settings: Settings) -> tuple[OwnedTensor, ...]:
    features = size(settings, "num_features") if "num_features" in settings else UNSOLVED
    owned = _with_bias(settings, parameter("weight", features), features) if settings["affine"] else ()
    if not settings["track_running_stats"]:
        return owned
    running = (buffer("running_mean", features), buffer("running_var", features))
    return (*owned, *running, buffer("num_batches_tracked", dtype="int64"))


def _layer_norm(settings: Settings, has_bias: bool) -> tuple[OwnedTensor, ...]:
    shape = sizes(settings["normalized_shape"])
    if not settings["elementwise_affine"]:
        return ()
    weight = parameter("weight", *shape)
    return _with_bias(settings, weight, *shape) if has_bias else (weight,)


def _group_norm(settings: Settings) -> tuple[OwnedTensor, ...]:
    channels = size(settings, "num_channels")
    return _with_bias(settings, parameter("weight", channels), channels) if settings["affine"] else ()


def _prelu(settings: Settings) -> tuple[OwnedTensor, ...]:
    return (parameter("weight", size(settings, "num_parameters")),)


def _recurrent(settings: Settings, gates: int) -> tuple[OwnedTensor, ...]:
    """For each layer and direction: input and hidden weights, their biases, the projection."""
    hidden, projected = size(settings, "hidden_size"), settings.get("proj_size", 0)
    output = size(settings, "proj_size") if projected else hidden
    directions = ("", "_reverse") if settings["bidirectional"] else ("",)
    before, owned = size(settings, "input_size"), list[OwnedTensor]()
    for layer in range(size(settings, "num_layers").value or 0):
        for direction in directions:
            end = f"_l{layer}{direction}"
            owned += _gates(settings, before, output, hidden * gates, end)
            if projected:
                owned.append(parameter(f"weight_hr{end}", output, hidden))
        before = output * len(directions)
    return tuple(owned)


def _gates(settings: Settings, before: Dim, state: Dim, rows: Dim, end: str) -> tuple[OwnedTensor, ...]:
    weights = (parameter(f"weight_ih{end}", rows, before), parameter(f"weight_hh{end}", rows, state))
    if not settings["bias"]:
        return weights
    return (*weights, parameter(f"bias_ih{end}", rows), parameter(f"bias_hh{end}", rows))


def _cell(settings: Settings, gates: int) -> tuple[OwnedTensor, ...]:
    hidden = size(settings, "hidden_size")
    return _gates(settings, size(settings, "input_size"), hidden, hidden * gates, "")


def _adaptive_softmax(settings: Settings) -> tuple[OwnedTensor, ...]:
    """A head over the frequent classes, and for each later cluster a narrower pair of maps."""
    features, cutoffs = size(settings, "in_features"), sizes(settings["cutoffs"])
    if not cutoffs:
        return ()
    head = cutoffs[0] + len(cutoffs)
    owned = [parameter("head.weight", head, features)]
    if settings["head_bias"]:
        owned.append(parameter("head.bias", head))
    ends = (*cutoffs[1:], size(settings, "n_classes"))
    for i, (start, end) in enumerate(zip(cutoffs, ends, strict=True)):
        narrow = _narrowed(features, settings["div_value"], i + 1)
        owned += [parameter(f"tail.{i}.0.weight", narrow, features)]
        owned += [parameter(f"tail.{i}.1.weight", end - start, narrow)]
    return tuple(owned)


def _narrowed(features: Dim, factor: Any, power: int) -> Dim:
    """floor(features / factor ** power), in double precision as PyTorch."""
    if features.value is None or not isinstance(factor, int | float):
        return UNSOLVED
    try:
        return dim(int(features.value // (factor**power)))
    except (ZeroDivisionError, OverflowError):
        return UNSOLVED


def _linear_cross_entropy(settings: Settings) -> tuple[OwnedTensor, ...]:
    rows = product((size(settings, "num_classes"), *sizes(settings["out_features"])))
    weight = parameter("weight", rows, size(settings, "in_features"))
    return within("linear", _with_bias(settings, weight, rows))


def _stack(settings: Settings, layer: str) -> tuple[OwnedTensor, ...]:
    """Copies of a layer given as an op, and a norm."""
    one = _of_op(settings[layer])
    count = size(settings, "num_layers").value or 0
    owned = [each for index in range(count) for each in within(f"layers.{index}", one)]
    norm = settings["norm"]
    return (*owned, *within("norm", _of_op(norm))) if norm is not None else tuple(owned)


def _of_op(value: str | Mapping[str, Any]) -> tuple[OwnedTensor, ...]:
    """The tensors of a layer given as an op: its name, or a mapping of it to its arguments."""
    name, arguments = named(value)
    bound = built(name, arguments)
    return () if bound is None or bound.problems else tensors(name, bound.arguments)


def _composed(settings: Settings, parts: Parts) -> tuple[OwnedTensor, ...]:
    """The tensors of all children; none where a child cannot be built."""
    try:
        children = parts(settings)
    except Fault:
        return ()
    return tuple(each for part in children for each in within(part.name, tensors(part.op, part.settings)))


_COUNTS = (1, 2, 3)
_OWNERS: dict[str, Owner] = {
    **{
        f"{lazy}Conv{n}d": partial(_conv, count=n, transposed=False) for n in _COUNTS for lazy in ("", "Lazy")
    },
    **{
        f"{lazy}ConvTranspose{n}d": partial(_conv, count=n, transposed=True)
        for n in _COUNTS
        for lazy in ("", "Lazy")
    },
    **{f"{kind}Norm{n}d": _batch_norm for n in _COUNTS for kind in ("Batch", "Instance")},
    **{f"Lazy{kind}Norm{n}d": _batch_norm for n in _COUNTS for kind in ("Batch", "Instance")},
    "SyncBatchNorm": _batch_norm,
    "Linear": _linear,
    "LazyLinear": _linear,
    "Bilinear": _bilinear,
    "Embedding": _embedding,
    "EmbeddingBag": _embedding,
    "LayerNorm": partial(_layer_norm, has_bias=True),
    "RMSNorm": partial(_layer_norm, has_bias=False),
    "GroupNorm": _group_norm,
    "PReLU": _prelu,
    "RNN": partial(_recurrent, gates=1),
    "LSTM": partial(_recurrent, gates=4),
    "GRU": partial(_recurrent, gates=3),
    "RNNCell": partial(_cell, gates=1),
    "LSTMCell": partial(_cell, gates=4),
    "GRUCell": partial(_cell, gates=3),
    "AdaptiveLogSoftmaxWithLoss": _adaptive_softmax,
    "LinearCrossEntropyLoss": _linear_cross_entropy,
    "TransformerEncoder": partial(_stack, layer="encoder_layer"),
    "TransformerDecoder": partial(_stack, layer="decoder_layer"),
    **ATTENTION,
    **VISION,
    **{name: partial(_composed, parts=parts) for name, parts in PARTS.items()},
}
