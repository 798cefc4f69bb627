"""Python code in any place where a spec names something is a text, or an error: it never runs."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

import netspec

audit = runpy.run_path(str(Path(__file__).with_name("test_only_data.py")))["audit"]

INPUTS = "inputs: {x: [N, 4]}\n"
BLOCK = "layers: {b: B}\nforward: [b]\nblocks: {B: {EXTRA, inputs: {x: [N, 4]}, forward: [relu]}}"
FC = "layers: {fc: {Linear: [4, 4]}}\nforward: [fc]\n"
# `@` is the text, in quotes; `~` the text inside quotes of the spec.
PLACES = {
    "class": "name: @",
    "param": "params: {@: 3}",
    "let": "let: {@: $(1 + 1)}",
    "input": "inputs: {x: [N, 4], @: [N, 4]}",
    "dimension": "inputs: {x: [N, 4, @]}",
    "dtype of an input": "inputs: {x: {shape: [N, 4], dtype: @}}",
    "layer": "layers: {@: ReLU}\nforward: [@]",
    "member": "layers: {s: {Sequential: {@: ReLU}}}\nforward: [s, 's.~']",
    "key of a ModuleDict": "layers: {s: {ModuleDict: {@: ReLU}}}\nforward: ['s.~']",
    "result": "forward: [{relu: , as: @}, {add: , from: [x, @]}]",
    "results": "forward: [{chunk: [2, 1], as: [@, b]}]\noutputs: [@, b]",
    "source": "forward: [{add: , from: [x, @]}]",
    "tensor": "layers: {fc: {Linear: [4, 4]}}\nforward: [{matmul: , from: [x, 'fc.~']}]",
    "tensor of a container": "layers: {s: {Sequential: [ReLU]}}\nforward: [{matmul: , from: [x, 's.~']}]",
    "tensor of a block": BLOCK.replace("[b]", "[b, {add: , from: [_, 'b.~']}]").replace("EXTRA, ", ""),
    "argument under from": "forward: [{add: , from: {input: x, other: x, @: x}}]",
    "argument of a list": "layers: {m: {ModuleList: []}}\nforward: [{m: , from: {input: x, @: x}}]",
    "argument of members": "layers: {m: {ModuleList: [ReLU]}}\nforward: [{m: , from: {input: x, @: x}}]",
    "argument": "layers: {fc: {Linear: {in_features: 4, out_features: 4, @: 1}}}\nforward: [fc]",
    "argument of a step": "forward: [{relu: {@: true}}]",
    "op": "layers: {fc: @}\nforward: [fc]",
    "step": "forward: [@]",
    "called layer": "layers: {@: ReLU}\nforward: [{call: @}]",
    "output key": "forward: [relu]\noutputs: {@: _}",
    "mode": "forward: [{unsqueeze: 1}, {interpolate: {scale_factor: 2, mode: @}}]",
    "mode of a param": (
        'params: {kind: @}\nforward: [{unsqueeze: 1}, {interpolate: {scale_factor: 2, mode: "$(kind)~"}}]'
    ),
    "dtype": "forward: [{to: @}]",
    "own parameter": "parameters: {@: {shape: [4]}}\nforward: [{add: , from: [x, @]}]",
    "own buffer": "buffers: {@: {shape: [4]}}\nforward: [{add: , from: [x, @]}]",
    "init function": FC + "init: {Linear: {weight: @}}",
    "init tensor": FC + "init: {Linear: {@: zeros_}}",
    "init path": FC + "init: {@: {weight: zeros_}}",
    "init path with a star": FC + "init: {'*~': {weight: zeros_}}",
    "loop variable": "layers: {a$i: {for: {@: 2}, ReLU: }}\nforward: [relu]",
    "loop over steps": "forward: [{for: {@: 2}, steps: [relu]}]",
    "let beside a loop": "layers: {a$i: {for: {i: 2}, let: {@: $(i + 1)}, ReLU: }}\nforward: [relu]",
    "name with a loop": "layers: {'a$(i)~': {for: {i: 2}, ReLU: }}\nforward: ['a0~']",
    "let of a step": "forward: [{let: {@: $(N + 1)}}, relu]",
    "sizes": "forward: [{shape: , as: [@, b]}, relu]",
    "subscript": "forward: [{index: @}]",
    "assigned place": "forward: [{assign: @, from: [x, 0]}]",
    "element": "forward: [{chunk: [2, 1]}, {getitem: @}]",
    "list": "forward: [{list: , from: [x], as: @}]",
    "gathered": "layers: {m: {ModuleList: [ReLU]}}\nforward: [{m: , collect: @}]",
    "condition": "forward: [{relu: , when: @}]",
    "block": "layers: {b: @}\nforward: [b]\nblocks: {@: {inputs: {x: [N, 4]}, forward: [relu]}}",
    "class of a block": BLOCK.replace("EXTRA", "class: @"),
    "repr": BLOCK.replace("EXTRA", "repr: @"),
    "base": BLOCK.replace("EXTRA", "extends: @"),
    "param of a block": BLOCK.replace("b: B", "b: {B: {@: 1}}").replace("EXTRA", "params: {@: int}"),
    "named tuple": "forward: [{relu: , as: y}]\noutputs: {namedtuple: @, fields: {a: y}}",
    "field": "forward: [{relu: , as: y}]\noutputs: {namedtuple: T, fields: {@: y}}",
    "tied tensors": (
        "layers: {a: {Linear: [4, 4]}, b: {Linear: [4, 4]}}\nforward: [a, b]\ntie: {'b.~': 'a.~'}"
    ),
    "doc": "doc: @\nforward: [relu]",
    "default": "params: {w: @}\nforward: [relu]",
    "doc of a param": "params: {w: {type: int, default: 1, doc: @}}\nforward: [relu]",
    "use": "use: @\nforward: [relu]",
}
CODE = (
    "print(1)",
    "x or print(1)",
    "x=print(1)",
    "x); print(1); (x",
    "x\nprint(1)",
    "weight if print(1) else weight",
    '"+print(1)+"',
    "{print(1)}",
    "x, print(1)",
    "x: print(1)",
    "[print(1)]",
    ":, print(1)",
    "print(1)[0]",
    "weight, print(1)",
    "x # print(1)",
    "é",
)


def spec_at(place: str, code: str) -> str:
    inside = code.replace("\n", " ").replace('"', "`").replace("'", "`")
    lines = PLACES[place].replace("@", json.dumps(code)).replace("~", inside).split("\n")
    keys = {line.partition(":")[0] for line in lines}
    defaults = {"name": "Net", "inputs": "{x: [N, 4]}", "forward": "[relu]"}
    lines += [f"{key}: {value}" for key, value in defaults.items() if key not in keys]
    return "\n".join(["netspec: 1", *lines]) + "\n"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("code", CODE)
def test_code_in_the_place_of_a_name_stays_a_text(place: str, code: str) -> None:
    text = spec_at(place, code)
    if netspec.validate_text(text).ok:
        audit(netspec.source(netspec.loads(text)))


@pytest.mark.parametrize("place", PLACES)
def test_the_place_is_reached(place: str) -> None:
    """The spec around the text is read: nothing is reported of its form."""
    found = netspec.validate_text(spec_at(place, "ok")).diagnostics
    assert not [each for each in found if each.code[:3] == "NS0" or each.code in ("NS101", "NS102", "NS103")]


def test_the_audit_finds_code() -> None:
    for statement in ("print(1)", "import os", "x = eval('1')", "x.__class__", "lambda: 1", "del x"):
        with pytest.raises(AssertionError):
            audit(statement)
