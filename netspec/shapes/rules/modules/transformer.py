"""Transformer layers, stacks of them, and the whole encoder-decoder.

Each returns a sequence like its first input (Transformer: like `tgt`). A stack is given its layer as an
op; its settings are bound here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from netspec.shapes.call import Call, Rule
from netspec.shapes.named_op import built, named
from netspec.shapes.rules.modules.attention import Sequence, causal, masks, same_batch, sequence
from netspec.shapes.rules.modules.demands import match_size, weights_dtype
from netspec.shapes.rules.modules.settings import Check, at_least, check_divisible, divisible, integer
from netspec.shapes.values import Tensor


def encoder_layer(call: Call) -> Tensor:
    """[S, N, d_model] -> the same."""
    return _encoded(call, "src_mask")


def _encoded(call: Call, mask: str) -> Tensor:
    source = sequence(call, "src", call.settings["batch_first"])
    causal(call, "is_causal", mask)
    if source is not None:
        heads = _width(call, source)
        masks(call, source, source, heads, mask=mask, padding="src_key_padding_mask")
    return Tensor(call.tensor("src").shape, weights_dtype(call))


def decoder_layer(call: Call) -> Tensor:
    """tgt [T, N, d_model] and memory [S, N, d_model] -> like tgt."""
    first = call.settings["batch_first"]
    target, memory = sequence(call, "tgt", first), sequence(call, "memory", first)
    for part in ("tgt", "memory"):
        causal(call, f"{part}_is_causal", f"{part}_mask")
    if target is not None and memory is not None:
        heads = _width(call, target)
        _width(call, memory)
        same_batch(call, "memory", target, memory)
        masks(call, target, target, heads, mask="tgt_mask", padding="tgt_key_padding_mask")
        masks(call, target, memory, heads, mask="memory_mask", padding="memory_key_padding_mask")
    return Tensor(call.tensor("tgt").shape, weights_dtype(call))


def transformer(call: Call) -> Tensor:
    """src [S, N, d_model] and tgt [T, N, d_model] -> like tgt."""
    first = call.settings["batch_first"]
    source, target = sequence(call, "src", first), sequence(call, "tgt", first)
    for part in ("src", "tgt", "memory"):
        causal(call, f"{part}_is_causal", f"{part}_mask")
    if source is not None and target is not None:
        heads = _width(call, source)
        _width(call, target)
        same_batch(call, "tgt", source, target)
        masks(call, source, source, heads, mask="src_mask", padding="src_key_padding_mask")
        masks(call, target, target, heads, mask="tgt_mask", padding="tgt_key_padding_mask")
        masks(call, target, source, heads, mask="memory_mask", padding="memory_key_padding_mask")
    return Tensor(call.tensor("tgt").shape, weights_dtype(call))


def _width(call: Call, given: Sequence) -> Any:
    """Check d_model, and give the number of heads."""
    width, heads = call.solve("d_model", given.features), integer(call.settings["nhead"])
    check_divisible(call, "d_model", width, "nhead", heads)
    match_size(call, given.features, width, "features", argument="d_model", auto=True)
    return heads


def encoder(call: Call) -> Tensor:
    """As its layer; a layer that the catalog does not know keeps the shape."""
    inner = layer_of_stack(call, "encoder_layer")
    return call.tensor("src") if inner is None else _encoded(inner, "mask")


def decoder(call: Call) -> Tensor:
    """As its layer; a layer that the catalog does not know keeps the shape."""
    inner = layer_of_stack(call, "decoder_layer")
    return call.tensor("tgt") if inner is None else decoder_layer(inner)


def layer_of_stack(call: Call, argument: str) -> Call | None:
    """The call as the layer of a stack sees it; a fault where the layer is wrong (see `check_stack`)."""
    value = call.settings[argument]
    name, arguments = named(value)
    bound, wanted = built(name, arguments), _LAYERS[argument]
    if bound is None:
        return None
    if name != wanted:
        call.fail(
            "NS204",
            f"`{call.name}` stacks a {wanted}, not a {name}",
            argument=argument,
            help=f"give {argument} as `{{{wanted}: ...}}`",
        )
    for problem in bound.problems[:1]:
        call.fail(problem.code, problem.message, argument=argument, help=problem.help)
    settings = {**bound.arguments, "dtype": weights_dtype(call)}
    return Call(name, call.name, settings, call.inputs, call.training)


_LAYERS = {"encoder_layer": "TransformerEncoderLayer", "decoder_layer": "TransformerDecoderLayer"}


def check_layer(call: Call) -> None:
    """Constructor arguments: heads divide the width."""
    at_least(call, 1, "d_model", "nhead")
    at_least(call, 0, "dim_feedforward")
    divisible(call, "d_model", "nhead")


def check_transformer(call: Call) -> None:
    check_layer(call)
    at_least(call, 1, "num_encoder_layers", "num_decoder_layers")


def check_stack(call: Call, argument: str) -> None:
    """Constructor arguments of a stack, and those of its layer."""
    at_least(call, 1, "num_layers")
    inner = layer_of_stack(call, argument)
    if inner is not None:
        check_layer(inner)


RULES: dict[str, Rule] = {
    "TransformerEncoderLayer": encoder_layer,
    "TransformerDecoderLayer": decoder_layer,
    "TransformerEncoder": encoder,
    "TransformerDecoder": decoder,
    "Transformer": transformer,
}
CHECKS: dict[str, Check] = {
    "TransformerEncoderLayer": check_layer,
    "TransformerDecoderLayer": check_layer,
    "TransformerEncoder": partial(check_stack, argument="encoder_layer"),
    "TransformerDecoder": partial(check_stack, argument="decoder_layer"),
    "Transformer": check_transformer,
}
