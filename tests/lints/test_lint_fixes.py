"""Fixes of lints: what is taken out or written, and that all else in the text stays as it is."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import Fix
from netspec.fixing.edits import edited

HEAD = "netspec: 1\nname: Net\n"

# Code; safety; the lines before; the lines after.
FIXES = [
    (
        "NS501",
        "unsafe",
        "inputs: {x: [N, 8]}\nlayers:\n  fc: {Linear: [8, 8]}\n\n  # kept\n"
        "  old:\n    Linear: [8, 4]  # gone\n  # kept too\n  last: {Linear: [8, 2]}\nforward: [fc, last]\n",
        "inputs: {x: [N, 8]}\nlayers:\n  fc: {Linear: [8, 8]}\n\n  # kept\n"
        "  # kept too\n  last: {Linear: [8, 2]}\nforward: [fc, last]\n",
    ),
    (
        "NS501",
        "unsafe",
        "inputs: {x: [N, 8]}\nlayers: {old: {Linear: [8, 4]} , fc: {Linear: [8, 8]}}\nforward: [fc]\n",
        "inputs: {x: [N, 8]}\nlayers: {fc: {Linear: [8, 8]}}\nforward: [fc]\n",
    ),
    ("NS501", None, "inputs: {x: [N, 8]}\nlayers: {old: {Linear: [8, 4]}}\nforward: [relu]\n", ""),
    (
        "NS501",
        None,
        "inputs: {x: [N, 8]}\nlayers:\n  m: {ModuleList: [{Linear: [8, 4]}, {Linear: [4, 4], repeat: 1}]}\n"
        "forward: [m.0]\n",
        "",
    ),
    (
        "NS501",
        None,
        'inputs: {x: [N, 8]}\nlayers:\n  fc: {Linear: [8, 8]}\n  "fc$i": {for: {i: 2}, Linear: [8, 8]}\n'
        "forward: [fc, fc0]\n",
        "",
    ),
    (
        "NS502",
        "safe",
        "inputs: {x: [N, 8]}\nforward: [{relu: , as: a}, {tanh, from: x}]\n",
        "inputs: {x: [N, 8]}\nforward: [{relu: }, {tanh, from: x}]\n",
    ),
    (
        "NS502",
        "safe",
        "inputs: {x: [N, 8]}\nforward:\n  - relu:\n    as: a  # for later\n  - {tanh, from: x}\n",
        "inputs: {x: [N, 8]}\nforward:\n  - relu:\n  - {tanh, from: x}\n",
    ),
    (
        "NS502",
        "safe",
        "inputs: {x: [N, 8]}\nforward: [{chunk: [2, 1], as: [a, b]}, {relu, from: a}]\n",
        "inputs: {x: [N, 8]}\nforward: [{chunk: [2, 1], as: [a, _]}, {relu, from: a}]\n",
    ),
    (
        "NS502",
        "unsafe",
        "inputs:\n  x: [N, 8]\n  mask:\n    shape: [N]\n    dtype: bool\nforward: [relu]\n",
        "inputs:\n  x: [N, 8]\nforward: [relu]\n",
    ),
    (
        "NS504",
        "unsafe",
        "params: {a: 8, b: 4}\ninputs: {x: [N, $a]}\nforward: [relu]\n",
        "params: {a: 8}\ninputs: {x: [N, $a]}\nforward: [relu]\n",
    ),
    (
        "NS505",
        "unsafe",
        "inputs: {x: [N, 8]}\nforward:\n  # first\n  - relu  # gone\n  - {tanh, from: x}\n",
        "inputs: {x: [N, 8]}\nforward:\n  # first\n  - {tanh, from: x}\n",
    ),
    (
        "NS505",
        "unsafe",
        "inputs: {x: [N, 8]}\nforward: [relu, {tanh, from: x}]\n",
        "inputs: {x: [N, 8]}\nforward: [{tanh, from: x}]\n",
    ),
    (
        "NS505",
        "unsafe",
        "inputs: {x: [N, 8]}\nforward:\n- from: x\n  sigmoid:\n- {tanh, from: x}\n",
        "inputs: {x: [N, 8]}\nforward:\n- {tanh, from: x}\n",
    ),
    (
        "NS506",
        "unsafe",
        "inputs: {x: [N, 8]}\nforward: [{tanh: , as: y}, relu_, {add, from: [_, y]}]\n",
        "inputs: {x: [N, 8]}\nforward: [{tanh: , as: y}, relu, {add, from: [_, y]}]\n",
    ),
    (
        "NS506",
        "unsafe",
        "inputs: {x: [N, 8]}\nlayers: {r: {ReLU: {inplace: true}}}\n"
        "forward: [{tanh: , as: y}, r, {add, from: [_, y]}]\n",
        "inputs: {x: [N, 8]}\nlayers: {r: {ReLU: {inplace: false}}}\n"
        "forward: [{tanh: , as: y}, r, {add, from: [_, y]}]\n",
    ),
    (
        "NS507",
        "unsafe",
        "inputs: {x: [N, 4, 8, 8]}\nlayers: {c: {Conv2d: [4, 4, 3]}, n: {BatchNorm2d: 4}}\nforward: [c, n]\n",
        "inputs: {x: [N, 4, 8, 8]}\nlayers: {c: {Conv2d: [4, 4, 3, {bias: false}]}, n: {BatchNorm2d: 4}}\n"
        "forward: [c, n]\n",
    ),
    (
        "NS507",
        "unsafe",
        "inputs: {x: [N, 4, 8, 8]}\nlayers:\n  s:\n    Sequential:\n"
        "      - {Conv2d: [4, 4, 3, {padding: 1, bias: true}]}\n      - {BatchNorm2d: 4}\nforward: [s]\n",
        "inputs: {x: [N, 4, 8, 8]}\nlayers:\n  s:\n    Sequential:\n"
        "      - {Conv2d: [4, 4, 3, {padding: 1, bias: false}]}\n      - {BatchNorm2d: 4}\nforward: [s]\n",
    ),
    (
        "NS507",
        "unsafe",
        "inputs: {x: [N, 4, 8, 8]}\nlayers:\n"
        "  c: {Conv2d: {in_channels: auto, out_channels: 4, kernel_size: 3}}\n"
        "  n: {BatchNorm2d: 4}\nforward: [c, n]\n",
        "inputs: {x: [N, 4, 8, 8]}\nlayers:\n"
        "  c: {Conv2d: {in_channels: auto, out_channels: 4, kernel_size: 3, bias: false}}\n"
        "  n: {BatchNorm2d: 4}\nforward: [c, n]\n",
    ),
    (
        "NS509",
        "safe",
        "inputs: {x: [N, 8]}\nforward:\n  - sigmoid\n  - relu\n  - {mul: 2}\n",
        "inputs: {x: [N, 8]}\nforward:\n  - sigmoid\n  - {mul: 2}\n",
    ),
    ("NS509", None, "inputs: {x: [N, 8]}\nforward: [relu, sigmoid]\n", ""),
    ("NS509", None, "inputs: {x: [N, 8]}\nforward: [{relu: , when: $training}, relu]\n", ""),
    (
        "NS511",
        "unsafe",
        "inputs: {x: [B, 8, 64]}\nforward: [{view: [64, 4, -1]}]\n",
        "inputs: {x: [B, 8, 64]}\nforward: [{view: [$B, 4, -1]}]\n",
    ),
    (
        "NS511",
        "unsafe",
        "inputs: {x: [B, 8, 64]}\nforward: [{reshape: {shape: [64, -1]}}]\n",
        "inputs: {x: [B, 8, 64]}\nforward: [{reshape: {shape: [$B, -1]}}]\n",
    ),
    (
        "NS514",
        "unsafe",
        "inputs: {x: [N, 8]}\nlayers: {a: A}\nforward: [a]\nblocks:\n  # kept\n  Old:\n"
        "    inputs: {x: [N, 8]}\n\n    forward:\n      - relu\n"
        "  A:\n    inputs: {x: [N, 8]}\n    forward: [tanh]\n",
        "inputs: {x: [N, 8]}\nlayers: {a: A}\nforward: [a]\nblocks:\n  # kept\n  A:\n"
        "    inputs: {x: [N, 8]}\n    forward: [tanh]\n",
    ),
    (
        "NS515",
        "unsafe",
        'params: {a: "64", b: 2}\ninputs: {x: [N, 8]}\nforward: [{mul: $(b if a == 64 else 3)}]\n',
        "params: {a: 64, b: 2}\ninputs: {x: [N, 8]}\nforward: [{mul: $(b if a == 64 else 3)}]\n",
    ),
    (
        "NS515",
        "safe",
        "inputs: {x: [N, 8]}\nforward: [{mul: 010}]\n",
        "inputs: {x: [N, 8]}\nforward: [{mul: 10}]\n",
    ),
]  # fmt: skip


def fixes_of(text: str, code: str) -> tuple[Fix, ...]:
    (found,) = (each for each in netspec.validate_text(text).diagnostics if each.code == code)
    return found.fixes


@pytest.mark.parametrize(("code", "safety", "before", "after"), FIXES)
def test_a_fix_changes_what_it_says_and_nothing_else(
    code: str, safety: str | None, before: str, after: str
) -> None:
    fixes = fixes_of(HEAD + before, code)
    assert [fix.safety for fix in fixes] == ([safety] if safety else [])
    if fixes:
        assert edited(HEAD + before, fixes[0].edits) == HEAD + after
        left = netspec.validate_text(HEAD + after)
        assert left.ok
        assert code not in [each.code for each in left.diagnostics]


def test_a_step_that_is_idle_in_one_call_of_a_block_alone_stays() -> None:
    text = (
        "blocks: {Part: {inputs: {x: [N, 8]}, forward: [relu, {mul: -1}]}}\n"
        "inputs: {x: [N, 8]}\nlayers: {a: {Part: {}}, b: {Part: {}}}\nforward: [relu, a, b]\n"
    )
    assert fixes_of(HEAD + text, "NS509") == ()


def test_a_text_that_repeats_a_layer_by_an_alias_has_no_uncertain_edit() -> None:
    text = "inputs: {x: [N, 8]}\nlayers: {a: &l {Linear: [8, 8]}, b: *l, c: ReLU}\nforward: [a, c]\n"
    for fix in fixes_of(HEAD + text, "NS501"):
        assert netspec.validate_text(edited(HEAD + text, fix.edits)).ok


NEEDED = {
    "a step that is left out names the layer": (
        "NS501",
        "inputs: {x: [N, 8]}\nlayers: {a: Tanh, b: ReLU}\nforward: [{repeat: 0, steps: [a]}, b]\n",
    ),
    "init names the layer": (
        "NS501",
        "inputs: {x: [N, 8]}\nlayers: {a: {Linear: [8, 8]}, b: ReLU}\nforward: [b]\n"
        "init: {a: {bias: zeros_}}\n",
    ),
    "a layer gives the param": (
        "NS504",
        "inputs: {x: [N, 8]}\nlayers: {p: {Part: {b: 3}}}\nforward: [p]\n"
        "blocks: {Part: {params: {a: 8, b: 2}, inputs: {x: [N, $a]}, forward: [relu]}}\n",
    ),
    "a layer passes the params by place": (
        "NS504",
        "inputs: {x: [N, 8]}\nlayers: {p: {Part: [3, 8]}}\nforward: [p]\n"
        "blocks: {Part: {params: {b: 2, a: 8}, inputs: {x: [N, $a]}, forward: [relu]}}\n",
    ),
    "a step passes the input": (
        "NS502",
        "inputs: {x: [N, 8]}\nlayers: {p: Part}\nforward: [{p, from: [x, x]}]\n"
        "blocks: {Part: {inputs: {x: [N, 8], y: [N, 8]}, forward: [relu]}}\n",
    ),
    "what is removed is repeated elsewhere": (
        "NS505",
        "inputs: {x: [N, 8]}\nforward: [{softmax: &d {dim: 1}}, {softmax: *d, from: x}]\n",
    ),
    "another block that nothing uses has it inside": (
        "NS514",
        "inputs: {x: [N, 8]}\nforward: [relu]\nblocks:\n  # netspec: ignore[NS514] not yet\n"
        "  A: {inputs: {x: [N, 8]}, layers: {b: B}, forward: [b]}\n"
        "  B: {inputs: {x: [N, 8]}, forward: [relu]}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", NEEDED)
def test_what_something_else_needs_is_not_taken_out(why: str) -> None:
    code, text = NEEDED[why]
    assert fixes_of(HEAD + text, code) == ()
