"""What the modules of `torchvision.ops` are made of: their children, each with its constructor arguments.

Children stand in the order of registration, which is that of their state. A layer type given as an
argument is bound here with what the module adds to its arguments, as torchvision's constructors do; a
`Fault` says what such a layer type does not take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from netspec.shapes.call import AUTO, Fault
from netspec.shapes.named_op import built, named
from netspec.shapes.owned import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """A child. `argument` is the setting of the whole that a fault in it concerns, where no setting of
    the child's is one of the whole's."""

    name: str
    op: str
    settings: Settings
    argument: str | None = None


def conv_norm_activation(settings: Settings, count: int) -> list[Part]:
    """A convolution; then a norm over its channels and an activation, where they are given."""
    norm, activation = settings["norm_layer"], settings["activation_layer"]
    keys = ("in_channels", "out_channels", "kernel_size", "stride", "dilation", "groups")
    conv = {
        **{key: settings[key] for key in keys},
        "padding": _padding(settings),
        "padding_mode": "zeros",
        "bias": norm is None if settings["bias"] is None else settings["bias"],
    }
    parts = [Part("0", f"Conv{count}d", conv)]
    if norm is not None:
        parts.append(_given("1", settings, "norm_layer", (settings["out_channels"],)))
    if activation is not None:
        parts.append(_given(str(len(parts)), settings, "activation_layer", inplace=True))
    return parts


def _padding(settings: Settings) -> Any:
    """Where it is left out, what keeps the size (for a stride of 1 and an odd kernel)."""
    kernel, dilation, padding = (settings[key] for key in ("kernel_size", "dilation", "padding"))
    if padding is not None:
        return padding
    if any(value is AUTO for each in (kernel, dilation) for value in _repeated(each, 1)):
        # `auto` cannot stand here and is reported; no parameter depends on the padding.
        return 0
    lengths = [len(value) for value in (kernel, dilation) if isinstance(value, tuple)]
    if not lengths:
        return (kernel - 1) // 2 * dilation
    kernels, dilations = (_repeated(value, lengths[0]) for value in (kernel, dilation))
    return tuple((k - 1) // 2 * d for k, d in zip(kernels, dilations, strict=False))


def _repeated(value: Any, count: int) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,) * count


def mlp(settings: Settings) -> list[Part]:
    """Linear layers with a norm, an activation and dropout between them, and dropout after the last."""
    hidden = settings["hidden_channels"]
    if not hidden:
        raise Fault(
            "NS205",
            "`MLP` takes at least one number for hidden_channels",
            "hidden_channels",
            "give the width of each layer: `[64, 10]`",
        )
    parts: list[Part] = []
    before = settings["in_channels"]
    for index, width in enumerate(hidden):
        linear = {"in_features": before, "out_features": width, "bias": settings["bias"]}
        parts.append(Part("", "Linear", linear, "hidden_channels" if index else "in_channels"))
        if index < len(hidden) - 1:
            parts += _between(settings, width)
        dropout = {"p": settings["dropout"], "inplace": bool(settings["inplace"])}
        parts.append(Part("", "Dropout", dropout, "dropout"))
        before = width
    return [replace(part, name=str(index)) for index, part in enumerate(parts)]


def _between(settings: Settings, width: Any) -> list[Part]:
    if settings["activation_layer"] is None:
        raise Fault(
            "NS204",
            "`MLP` needs an activation between its layers, but activation_layer is nothing",
            "activation_layer",
            "name a layer type such as `ReLU` or `Identity`",
        )
    norm = [] if settings["norm_layer"] is None else [_given("", settings, "norm_layer", (width,))]
    return [*norm, _given("", settings, "activation_layer", inplace=True)]


def squeeze_excitation(settings: Settings) -> list[Part]:
    """Pooling, two convolutions over single positions, two activations (called in another order)."""
    wide, narrow = settings["input_channels"], settings["squeeze_channels"]
    return [
        Part("avgpool", "AdaptiveAvgPool2d", {"output_size": 1}),
        Part("fc1", "Conv2d", _pointwise(wide, narrow), "input_channels"),
        Part("fc2", "Conv2d", _pointwise(narrow, wide), "squeeze_channels"),
        _given("activation", settings, "activation"),
        _given("scale_activation", settings, "scale_activation"),
    ]


def _pointwise(before: Any, after: Any) -> dict[str, Any]:
    plain = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
    return {"in_channels": before, "out_channels": after, "padding_mode": "zeros", **plain}


def feature_pyramid(settings: Settings) -> list[Part]:
    """For each feature map a convolution over single positions; then as many 3 x 3 ones."""
    after, norm, found = settings["out_channels"], settings["norm_layer"], list[Part]()
    shared = {"out_channels": after, "norm_layer": norm, "activation_layer": None, "bias": None}
    shared |= {"stride": 1, "groups": 1, "dilation": 1, "inplace": True}
    channels = settings["in_channels_list"]
    for which, kernel, padding in (("inner", 1, 0), ("layer", 3, None)):
        for index, width in enumerate(channels):
            before = width if which == "inner" else after
            own = {"in_channels": before, "kernel_size": kernel, "padding": padding}
            name = f"{which}_blocks.{index}"
            found.append(Part(name, "Conv2dNormActivation", {**shared, **own}, "in_channels_list"))
    return found


def _given(
    name: str, settings: Settings, argument: str, positional: tuple[Any, ...] = (), *, inplace: bool = False
) -> Part:
    """The child that a layer type given as an argument makes; `inplace`: it gets that setting too."""
    op, arguments = named(settings[argument])
    keywords = {"inplace": settings["inplace"]} if inplace and settings["inplace"] is not None else {}
    binding = built(op, arguments, positional, keywords)
    if binding is None:
        return Part(name, op, {}, argument)
    for problem in binding.problems[:1]:
        if problem.argument == "inplace" and keywords:
            raise Fault(
                "NS202",
                f"{argument} gets `inplace`, which `{op}` does not take",
                argument,
                "add `inplace: null` to the arguments",
            )
        raise Fault(problem.code, problem.message, argument, problem.help)
    return Part(name, op, binding.arguments, argument)


Parts: TypeAlias = Callable[[Settings], list[Part]]

PARTS: dict[str, Parts] = {
    "Conv2dNormActivation": partial(conv_norm_activation, count=2),
    "Conv3dNormActivation": partial(conv_norm_activation, count=3),
    "MLP": mlp,
    "SqueezeExcitation": squeeze_excitation,
    "FeaturePyramidNetwork": feature_pyramid,
}
