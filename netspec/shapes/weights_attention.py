"""The parameters of attention and transformer modules, whose names are paths into their parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from netspec.shapes.dims import Dim
from netspec.shapes.owned import OwnedTensor, Settings, parameter, size, within


def attention(settings: Settings) -> tuple[OwnedTensor, ...]:
    """One input projection for query, key and value; three where key or value have another width."""
    width = size(settings, "embed_dim")
    others = [width if settings[name] is None else size(settings, name) for name in ("kdim", "vdim")]
    if others == [width, width]:
        owned = [parameter("in_proj_weight", 3 * width, width)]
    else:
        widths = zip("qkv", (width, *others), strict=True)
        owned = [parameter(f"{which}_proj_weight", width, each) for which, each in widths]
    if settings["bias"]:
        owned.append(parameter("in_proj_bias", 3 * width))
    if settings["add_bias_kv"]:
        owned += [parameter(f"bias_{which}", 1, 1, width) for which in "kv"]
    return (*owned, *_linear("out_proj", width, width, settings["bias"]))


def _linear(name: str, before: Dim, after: Dim, bias: bool) -> tuple[OwnedTensor, ...]:
    weight = parameter(f"{name}.weight", after, before)
    return (weight, parameter(f"{name}.bias", after)) if bias else (weight,)


def _norm(name: str, width: Dim, bias: bool) -> tuple[OwnedTensor, ...]:
    weight = parameter(f"{name}.weight", width)
    return (weight, parameter(f"{name}.bias", width)) if bias else (weight,)


def layer(settings: Settings, attentions: tuple[str, ...]) -> tuple[OwnedTensor, ...]:
    """An encoder or decoder layer: its attentions, two linear maps, a norm for each part."""
    width, wide, bias = size(settings, "d_model"), size(settings, "dim_feedforward"), settings["bias"]
    inner = {"embed_dim": width, "kdim": None, "vdim": None, "bias": bias, "add_bias_kv": False}
    owned = [each for name in attentions for each in within(name, attention(inner))]
    owned += _linear("linear1", width, wide, bias)
    owned += _linear("linear2", wide, width, bias)
    for index in range(1, len(attentions) + 2):
        owned += _norm(f"norm{index}", width, bias)
    return tuple(owned)


encoder_layer = partial(layer, attentions=("self_attn",))
decoder_layer = partial(layer, attentions=("self_attn", "multihead_attn"))


def transformer(settings: Settings) -> tuple[OwnedTensor, ...]:
    """Both stacks, each with a final norm."""
    width, bias, owned = size(settings, "d_model"), settings["bias"], list[OwnedTensor]()
    for part, one in (("encoder", encoder_layer(settings)), ("decoder", decoder_layer(settings))):
        count = size(settings, f"num_{part}_layers").value or 0
        stack = [each for index in range(count) for each in within(f"layers.{index}", one)]
        owned += within(part, (*stack, *_norm("norm", width, bias)))
    return tuple(owned)


OWNERS: dict[str, Callable[[Any], tuple[OwnedTensor, ...]]] = {
    "MultiheadAttention": attention,
    "TransformerEncoderLayer": encoder_layer,
    "TransformerDecoderLayer": decoder_layer,
    "Transformer": transformer,
}
