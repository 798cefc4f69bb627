"""Ops as arguments: looked up, checked at their place, and spelled as PyTorch wants them."""

from __future__ import annotations

import re

import pytest

import netspec

SPEC = """\
netspec: 1
name: Net
inputs: {{x: [N, 4, H=8, W=8]}}
layers:
  layer: {layer}
forward: [layer]
"""
ENCODER = """\
netspec: 1
name: Net
inputs: {{x: [S=5, N, 8]}}
layers:
  encoder: {{TransformerEncoder: {arguments}}}
forward: [encoder]
"""


def source(text: str) -> str:
    """The source with each call on one line."""
    lines = netspec.source(netspec.loads(text))
    return re.sub(r",\s*\)", ")", re.sub(r"(?<=[(,])\s*\n\s*", " ", lines)).replace("( ", "(")


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("{Conv2dNormActivation: [4, 8]}", "ops.Conv2dNormActivation(4, 8)"),
        (
            "{Conv2dNormActivation: [4, 8, {norm_layer: null, activation_layer: Hardswish}]}",
            "ops.Conv2dNormActivation(4, 8, norm_layer=None, activation_layer=nn.Hardswish)",
        ),
        (
            "{Conv2dNormActivation: [4, 8, {norm_layer: {GroupNorm: 2}}]}",
            "ops.Conv2dNormActivation(4, 8, norm_layer=functools.partial(nn.GroupNorm, 2))",
        ),
        (
            "{SqueezeExcitation: [4, 2, {activation: {GELU: {approximate: tanh}}}]}",
            'ops.SqueezeExcitation(4, 2, activation=functools.partial(nn.GELU, approximate="tanh"))',
        ),
    ],
)  # fmt: skip
def test_a_class_is_given_as_a_class(layer: str, expected: str) -> None:
    text = source(SPEC.format(layer=layer))
    assert f"self.layer = {expected}\n" in text
    assert "from torchvision import ops\n" in text


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("gelu", '"gelu"'),
        ("silu", "F.silu"),
        ("SiLU", "nn.SiLU()"),
        ("{gelu: {approximate: tanh}}", 'functools.partial(F.gelu, approximate="tanh")'),
        ("{GELU: {approximate: tanh}}", 'nn.GELU(approximate="tanh")'),
    ],
)
def test_a_function_is_a_name_a_partial_or_a_module_that_is_built(activation: str, expected: str) -> None:
    layer = f"{{TransformerEncoderLayer: [8, 2, {{activation: {activation}}}]}}"
    text = source(SPEC.replace("4, H=8, W=8", "8").format(layer=layer))
    assert f"nn.TransformerEncoderLayer(8, 2, activation={expected})" in text


def test_a_module_is_built() -> None:
    arguments = "[{TransformerEncoderLayer: [8, 2]}, 3, {norm: {LayerNorm: 8}}]"
    text = source(ENCODER.format(arguments=arguments))
    assert "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 3, norm=nn.LayerNorm(8))" in text
    assert "torchvision" not in text


@pytest.mark.parametrize(
    ("layer", "code", "place", "message"),
    [
        ("{Conv2dNormActivation: [4, 8, {activation_layer: Hardswich}]}", "NS201", "Hardswich",
         "no layer type is called `Hardswich`"),
        ("{Conv2dNormActivation: [4, 8, {activation_layer: relu}]}", "NS201", "relu",
         "no layer type is called `relu`"),
        ("{Conv2dNormActivation: [4, 8, {activation_layer: 3}]}", "NS204", "3",
         "`activation_layer` of `Conv2dNormActivation` must be a layer type, but is the number 3"),
        ("{SqueezeExcitation: [4, 2, {activation: {GELU: {approximate: tahn}}}]}", "NS206", "tahn",
         "`approximate` of `GELU` must be `none` or `tanh`, but is the text 'tahn'"),
        ("{Conv2dNormActivation: [4, 8, {norm_layer: {BatchNorm2d: {epsilon: 1}}}]}", "NS202", "1",
         "`BatchNorm2d` has no argument `epsilon`"),
        ("{Conv2dNormActivation: [4, 8, {norm_layer: {GroupNorm: auto}}]}", "NS306", "auto",
         "`auto` cannot stand for an argument of `GroupNorm`, which is an argument itself"),
        ("{Conv2dNormActivation: [4, 8, {norm_layer: {GroupNorm: 3}}]}", "NS408", "{GroupNorm: 3}",
         "`layer` has num_channels = 8, which its num_groups = 3 does not divide"),
        ("{Conv2dNormActivation: [4, 8, {activation_layer: GELU}]}", "NS202", "GELU",
         "activation_layer gets `inplace`, which `GELU` does not take"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(layer: str, code: str, place: str, message: str) -> None:
    found = netspec.validate_text(SPEC.format(layer=layer))
    errors = [each for each in found.diagnostics if each.severity == "error"]
    assert [(each.code, each.span.text, each.message) for each in errors] == [(code, place, message)]


def test_a_required_argument_of_a_built_layer_is_asked_for() -> None:
    found = netspec.validate_text(ENCODER.format(arguments="[{TransformerEncoderLayer: {nhead: 2}}, 3]"))
    assert [(each.code, each.message) for each in found.diagnostics] == [
        ("NS203", "`TransformerEncoderLayer` needs `d_model`")
    ]


def test_a_block_can_be_what_makes_a_layer() -> None:
    text = (
        SPEC.format(layer="{Conv2dNormActivation: [4, 8, {norm_layer: Norm}]}")
        + """\
blocks:
  Norm:
    params: {channels: int}
    inputs: {x: [N, C, H, W]}
    layers: {scale: {BatchNorm2d: $channels}}
    forward: [scale]
"""
    )
    made = source(text)
    assert made.index("class Norm(nn.Module)") < made.index("norm_layer=Norm)")
