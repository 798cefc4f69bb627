"""Layers of `torchvision.ops`: those made of others, stochastic depth, DropBlock, frozen statistics.

Sources: the constructors and forwards of torchvision's classes of these names.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from netspec.shapes.axes import axes
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import AUTO, Call, Rule, describe
from netspec.shapes.dims import ONE, dim
from netspec.shapes.parts import PARTS, Part
from netspec.shapes.promotion import promote, result_dtype
from netspec.shapes.rules.modules.composition import applied, check_parts, in_call_order, last
from netspec.shapes.rules.modules.demands import FLOATS, match_size, ranked, spatial, typed
from netspec.shapes.rules.modules.settings import Check, at_least, integer, numbers, probability
from netspec.shapes.values import UNKNOWN, DictOf, Tensor, Value, shape_text


def conv_norm_activation(call: Call, count: int) -> Value:
    """[N, in_channels, *sizes] -> [N, out_channels, *smaller sizes]."""
    tensor, shape = spatial(call, "input", count)
    solved = _solved(call, "in_channels", tensor, None if shape is None else shape[-count - 1])
    return last(solved, PARTS[call.op](solved.settings), tensor)


def mlp(call: Call) -> Value:
    """[..., in_channels] -> [..., hidden_channels[-1]]."""
    tensor, shape = ranked(call, "input", (1,), "[..., in_channels]", at_least=True)
    solved = _solved(call, "in_channels", tensor, None if shape is None else shape[-1])
    return last(solved, PARTS[call.op](solved.settings), tensor)


def squeeze_excitation(call: Call) -> Value:
    """[N, input_channels, H, W], or without N: the shape stays."""
    tensor, shape = spatial(call, "input", 2)
    solved = _solved(call, "input_channels", tensor, None if shape is None else shape[-3])
    scale = last(solved, in_call_order(call.op, PARTS[call.op](solved.settings)), tensor)
    if not isinstance(scale, Tensor):
        return UNKNOWN
    dtype = promote(scale.dtype, tensor.dtype) if scale.dtype and tensor.dtype else None
    return Tensor(broadcast_inputs(call, scale, tensor), dtype)


def _solved(call: Call, argument: str, tensor: Tensor, size: Any) -> Call:
    """The call with an `auto` for its channels filled in."""
    if size is None:
        return call
    value = integer(call.solve(argument, size))
    return replace(call, settings={**call.settings, argument: value})


def feature_pyramid(call: Call) -> Value:
    """A dict of [N, C, H, W], fine to coarse -> the same keys and sizes with `out_channels`."""
    given = call.inputs["x"]
    if not isinstance(given, DictOf) or not given.items:
        call.fail(
            "NS410",
            f"`{call.name}` needs a dict of feature maps but receives {describe(given)}",
            argument="x",
            help="give it what a block with `outputs: {name: value}` returns",
        )
    parts = PARTS[call.op](call.settings)
    inner, layer = parts[: len(parts) // 2], parts[len(parts) // 2 :]
    above: Value | None = None
    found: list[tuple[str, Value]] = []
    for index in reversed(range(len(given.items))):
        name, tensor = given.items[index]
        if above is None:
            made = _block(call, inner, len(inner) - 1, tensor)
            above, place = made, len(layer) - 1
        else:
            above, place = _joined(call, above, _block(call, inner, index, tensor)), index
        found.insert(0, (name, _block(call, layer, place, above)))
    return DictOf(tuple(found))


def _block(call: Call, parts: list[Part], index: int, value: Value) -> Value:
    """The block of that number; a map beyond the last block passes unchanged."""
    return applied(call, parts[index], value)[1] if 0 <= index < len(parts) else value


def _joined(call: Call, above: Value, lateral: Value) -> Value:
    """The coarser map, resized, plus this one."""
    if not isinstance(above, Tensor) or not isinstance(lateral, Tensor):
        return UNKNOWN
    if above.shape is None or lateral.shape is None:
        return Tensor(None, lateral.dtype)
    for each in (above, lateral):
        if len(each.shape or ()) != 4:
            call.fail(
                "NS401",
                f"`{call.name}` takes feature maps [N, C, H, W] but one is {shape_text(each.shape)}",
                argument="x",
            )
    resized = Tensor((*above.shape[:2], *lateral.shape[2:]), above.dtype)
    return Tensor(broadcast_inputs(call, lateral, resized, argument="x"), lateral.dtype)


def permute(call: Call) -> Tensor:
    """The dimensions in the order of `dims`, each named once."""
    order = numbers(call, "dims", len(call.settings["dims"]))
    tensor, shape = ranked(call, "x", (len(order),), f"{len(order)} dimensions")
    if shape is None:
        return tensor
    places = axes(call, order, len(shape), argument="dims")
    return Tensor(tuple(shape[place] for place in places), tensor.dtype)


def stochastic_depth(call: Call) -> Tensor:
    """The shape stays; in training mode whole rows, or all, become zero."""
    tensor, drops = call.tensor("input"), call.training and call.settings["p"] != 0
    if drops and call.settings["mode"] == "row":
        ranked(call, "input", (1,), "[N, ...]", at_least=True)
    if drops and call.settings["p"] != 1:
        typed(call, tensor, FLOATS)
    return tensor


def drop_block(call: Call, count: int) -> Tensor:
    """[N, C, *sizes]; the block shrinks to the least size, and must be odd."""
    tensor, shape = spatial(call, "input", count, unbatched=False)
    if not call.training or call.settings["p"] == 0 or shape is None:
        return tensor
    sizes = [call.settings["block_size"], *(size.value for size in shape[-count:])]
    if all(isinstance(size, int) for size in sizes) and min(sizes) % 2 == 0:
        call.fail(
            "NS408",
            f"`{call.name}` drops blocks of {min(sizes)}, which is even",
            argument="block_size",
            help="give an odd block_size that is less than the input's sizes",
        )
    if tensor.dtype is not None and tensor.dtype not in FLOATS:
        return Tensor(shape, None)
    return tensor


def frozen_batch_norm(call: Call) -> Tensor:
    """[N, num_features, H, W]; the tensors of the layer, [1, num_features, 1, 1], broadcast over it."""
    tensor = call.tensor("x")
    if tensor.shape is None:
        return Tensor(None, None)
    if call.settings["num_features"] is AUTO or len(tensor.shape) > 2:
        ranked(call, "x", (3,), "[N, num_features, H, W]", at_least=True)
        features = call.solve("num_features", tensor.shape[-3])
        if features != 1 and tensor.shape[-3] != ONE:
            match_size(call, tensor.shape[-3], features, "channels", argument="num_features", auto=True)
    else:
        features = call.settings["num_features"]
    own = Tensor((ONE, dim(features), ONE, ONE))
    return Tensor(broadcast_inputs(call, tensor, own, argument="x"), result_dtype([tensor, own]))


def check_drop_block(call: Call) -> None:
    probability(call)
    at_least(call, 1, "block_size")


def check_frozen(call: Call) -> None:
    at_least(call, 0, "num_features")


RULES: dict[str, Rule] = {
    **{f"Conv{n}dNormActivation": partial(conv_norm_activation, count=n) for n in (2, 3)},
    "MLP": mlp,
    "SqueezeExcitation": squeeze_excitation,
    "FeaturePyramidNetwork": feature_pyramid,
    "Permute": permute,
    "StochasticDepth": stochastic_depth,
    **{f"DropBlock{n}d": partial(drop_block, count=n) for n in (2, 3)},
    "FrozenBatchNorm2d": frozen_batch_norm,
}
CHECKS: dict[str, Check] = {
    **dict.fromkeys(PARTS, check_parts),
    "StochasticDepth": probability,
    **dict.fromkeys(("DropBlock2d", "DropBlock3d"), check_drop_block),
    "FrozenBatchNorm2d": check_frozen,
}
