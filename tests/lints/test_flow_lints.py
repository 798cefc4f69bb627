"""Lints of what flows where: they see through blocks, and are silent where the steps may be meant."""

from __future__ import annotations

import time

import pytest

import netspec

HEAD = "netspec: 1\nname: Net\n"


def codes(text: str, **params: object) -> list[str]:
    return [found.code for found in netspec.validate_text(HEAD + text, path="net.yaml", **params).diagnostics]


def of_image(layers: str, forward: str, params: str = "{}") -> str:
    return f"params: {params}\ninputs: {{x: [N, 4, 8, 8]}}\nlayers: {{{layers}}}\nforward: [{forward}]\n"


CONV = "conv: {Conv2d: [4, 4, 3]}, norm: {BatchNorm2d: 4}, two: {Conv2d: [4, 4, 1]}"

SILENT = {
    "the norm is optional": of_image(
        "conv: {Conv2d: [4, 4, 3]}, norm: {BatchNorm2d: 4, when: $on}",
        "conv, {norm, when: $on}",
        "{on: true}",
    ),
    "the convolution has no bias": of_image(CONV.replace("3]", "3, {bias: false}]", 1), "conv, norm, two"),
    "something else reads the convolution": of_image(
        CONV, "{conv, as: y}, norm, {add, from: [_, y]}, two"
    ),
    "the convolution is called again": of_image(
        "c: {Conv2d: [4, 4, 1]}, norm: {BatchNorm2d: 4}", "c, norm, c"
    ),
    "tanh of softplus": of_image("conv: {Conv2d: [4, 4, 3]}", "conv, {softplus, as: y}, tanh"),
    "dropout that drops nothing": of_image("d: {Dropout: 0.0}, norm: {BatchNorm2d: 4}", "d, norm"),
    "in place, and only the result is read": of_image("c: {Conv2d: [4, 4, 3]}", "c, relu_, {flatten: 1}"),
    "what is read before is free": of_image(
        "conv: {Conv2d: [4, 4, 1]}, two: {Conv2d: [4, 4, 1]}",
        "{conv, as: y}, {two, from: y, as: z}, {relu_, from: y}, {add, from: [_, z]}",
    ),
    "a kernel of one": of_image("p: {MaxPool2d: 8}, c: {Conv2d: [4, 4, 1]}", "p, c"),
    "padding that repeats": of_image(
        "p: {MaxPool2d: 8}, c: {Conv2d: [4, 4, 3, {padding: 1, padding_mode: replicate}]}", "p, c"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_silent_where(name: str) -> None:
    assert codes(SILENT[name]) == []


IN_BLOCKS = """\
blocks:
  Part:
    inputs: {x: [N, 8]}
    layers: {fc: {Linear: [8, 8]}}
    forward: [fc, relu]
inputs: {x: [N, 8]}
layers: {a: {Part: {}}, b: {Part: {}}}
forward: STEPS
"""


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("[a, b]", []),
        ("[a, b, sigmoid]", ["NS509"]),
        ("[a, {b, from: x}]", ["NS505"]),
        ("[b, {a, as: y}, relu_, {add, from: [_, y]}]", ["NS506"]),
        ("[{a, as: y}, b, tanh_, {add, from: [_, y]}]", ["NS509"]),
    ],
)
def test_the_borders_of_blocks_hide_nothing(steps: str, found: list[str]) -> None:
    assert sorted(codes(IN_BLOCKS.replace("STEPS", steps))) == found


def test_a_loop_over_one_mistake_is_one_finding() -> None:
    layers = "many: {Sequential: [{for: {i: 5}, group: [{Conv2d: [4, 4, 1]}, {BatchNorm2d: 4}]}]}"
    assert codes(of_image(layers, "many")) == ["NS507"]


def test_a_spec_with_errors_has_no_findings_of_flow() -> None:
    assert codes("inputs: {x: [N, 8]}\nlayers: {fc: {Linear: [9, 8]}}\nforward: [fc, relu, relu]\n") == [
        "NS402"
    ]


def test_the_changed_value_is_what_the_later_step_gets() -> None:
    """The claim of NS506, in PyTorch."""
    torch = pytest.importorskip("torch")
    text = HEAD + "inputs: {x: [N, 8]}\nforward: [{mul: 1.0, as: y}, relu_, {add, from: [_, y]}]\n"
    assert [each.code for each in netspec.validate_text(text).diagnostics] == ["NS506"]
    x = -torch.ones(2, 8)
    assert torch.equal(netspec.compile(netspec.loads(text))(x), torch.zeros(2, 8))
    mended = netspec.loads(text.replace("relu_", "relu"))
    assert torch.equal(netspec.compile(mended)(x), x)


def test_a_bias_before_a_batch_norm_has_no_effect() -> None:
    """The claim of NS507, in PyTorch."""
    torch = pytest.importorskip("torch")
    net = netspec.compile(netspec.loads(HEAD + of_image(CONV.split(", two")[0], "conv, norm"))).train()
    x = torch.randn(4, 4, 8, 8)
    before = net(x)
    torch.nn.init.constant_(net.conv.bias, 3.0)
    assert torch.allclose(net(x), before, atol=1e-5)


def test_the_time_grows_with_the_length() -> None:
    def seconds(count: int) -> float:
        steps = ", ".join(["{add: 1}", "relu"] * count)
        text = f"{HEAD}inputs: {{x: [N, 8]}}\nforward: [{steps}]\n"
        started = time.perf_counter()
        netspec.validate_text(text)
        return time.perf_counter() - started

    seconds(10)
    assert seconds(2000) < 40 * max(seconds(200), 0.02)
