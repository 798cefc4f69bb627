"""What modules own counts, whether or not a step calls them."""

from __future__ import annotations

import netspec

SPEC = """\
netspec: 1
name: Net
inputs: {x: [N, 4]}
layers: {a: {Scale: }, b: {Scale: }}
forward: [a]
blocks:
  Scale:
    inputs: {x: [N, 4]}
    parameters:
      weight: {shape: [4], init: ones_}
      steps: {steps: [{arange: 4}, {to: float32}]}
    buffers: {offset: {shape: [2]}}
    forward: [{mul, from: [_, weight]}, {mul, from: [_, steps]}]
"""


def test_the_tensors_of_a_block_that_no_step_calls_count() -> None:
    found = netspec.summary(netspec.loads(SPEC))
    assert (found.parameters, found.buffers) == (16, 4)


def test_what_is_wrong_with_them_is_reported_once() -> None:
    wrong = SPEC.replace("{arange: 4}, {to: float32}", "{arange: 4}")
    found = [each for each in netspec.validate_text(wrong).diagnostics if each.severity == "error"]
    assert [each.code for each in found] == ["NS405"]
