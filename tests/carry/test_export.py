"""What is exported computes what the module computes, for sizes that the exporter never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

import netspec
from netspec import NetspecError
from netspec.build import export_onnx
from netspec.cli import main

pytestmark = pytest.mark.torch
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

CONV = """\
netspec: 1
name: Conv
inputs:
  x: [N, 3, H=32, W=24]
layers:
  conv: {Conv2d: [3, 8, 3, {stride: 2, padding: 1, bias: false}]}
  norm: {BatchNorm2d: 8}
  drop: {Dropout: 0.5}
  head: {Linear: [8, 5]}
forward:
  - conv
  - norm
  - {relu, as: features}
  - drop
  - {adaptive_avg_pool2d: 1}
  - {flatten: 1}
  - {head, as: logits}
outputs: {logits: logits, features: features}
"""
TEXT = """\
netspec: 1
name: Text
inputs:
  tokens: {shape: [N, T=12<=16], dtype: int64, range: [0, 20]}
  mask: {shape: [N, T], dtype: bool, optional: true}
layers:
  embed: {Embedding: [20, 8]}
  places: {Embedding: [16, 8]}
  mix: {Linear: [8, 8]}
  head: {Linear: [8, 20, {bias: false}]}
forward:
  - {embed, as: words}
  - {arange: $T}
  - places
  - {add, from: [words, _]}
  - mix
  - when: {given: mask}
    steps:
      - {masked_fill: 0.0, from: [_, [{unsqueeze: -1, from: mask}]]}
  - head
tie: {head.weight: embed.weight}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conv.yaml").write_text(CONV)
    (tmp_path / "text.yaml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def conv(folder: Path) -> torch.nn.Module:
    """A network in training, with statistics that are not those of a new one."""
    net = netspec.compile("conv.yaml")
    net(torch.randn(8, 3, 16, 16) * 3 + 1)
    return net


def session(path: str, **inputs: torch.Tensor) -> list[torch.Tensor]:
    opened = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = opened.run(None, {name: value.numpy() for name, value in inputs.items()})
    return [torch.from_numpy(each) for each in found]


def test_onnx_computes_the_same_for_other_sizes(conv: torch.nn.Module) -> None:
    found = netspec.export(conv, "conv.onnx")
    assert found.difference is not None
    assert found.difference < 1e-5
    assert not found.fixed
    assert conv.training
    conv.eval()
    for shape in ((1, 3, 32, 24), (5, 3, 17, 50)):
        x = torch.randn(shape)
        logits, features = session("conv.onnx", x=x)
        expected = conv(x)
        assert torch.allclose(logits, expected["logits"], atol=1e-5)
        assert torch.allclose(features, expected["features"], atol=1e-5)


def test_onnx_names_inputs_outputs_and_sizes_as_the_spec_does(conv: torch.nn.Module) -> None:
    import onnx

    netspec.export(conv, "conv.onnx")
    graph = onnx.load("conv.onnx").graph
    (given,) = graph.input
    assert (given.name, [each.name for each in graph.output]) == ("x", ["logits", "features"])
    sizes = [size.dim_param or size.dim_value for size in given.type.tensor_type.shape.dim]
    assert sizes == ["N", 3, "H", "W"]
    assert graph.output[0].type.tensor_type.shape.dim[0].dim_param == "N"


def test_a_program_of_torch_export_computes_the_same(conv: torch.nn.Module) -> None:
    found = netspec.export(conv, "conv.pt2")
    assert found.difference == 0
    assert [each.difference for each in found.runs] == [0, 0, 0]
    program = torch.export.load("conv.pt2").module()
    conv.eval()
    for shape in ((1, 3, 32, 24), (5, 3, 17, 50)):
        x = torch.randn(shape)
        assert all(torch.equal(a, b) for a, b in zip(program(x).values(), conv(x).values(), strict=True))


@pytest.mark.parametrize("to", ["onnx", "pt2"])
def test_bounds_and_optional_inputs(folder: Path, to: str) -> None:
    net = netspec.compile("text.yaml").eval()
    tokens, mask = torch.randint(0, 20, (3, 16)), torch.rand(3, 16) > 0.5

    def run(*given: torch.Tensor) -> torch.Tensor:
        if to == "onnx":
            return session("text.onnx", **dict(zip(("tokens", "mask"), given, strict=False)))[0]
        result: torch.Tensor = torch.export.load("text.pt2").module()(*given)
        return result

    netspec.export(net, f"text.{to}")
    assert torch.allclose(run(tokens), net(tokens), atol=1e-5)
    netspec.export(net, f"text.{to}", given=["mask"], force=True)
    assert torch.allclose(run(tokens, mask), net(tokens, mask), atol=1e-5)
    with pytest.raises(NetspecError, match="x is no optional input of the network; optional inputs: mask"):
        netspec.export(net, f"text.{to}", given=["x"], force=True)


@pytest.mark.parametrize("to", ["pt", "safetensors"])
def test_the_plain_state_has_every_name(folder: Path, to: str) -> None:
    net = netspec.compile("text.yaml")
    netspec.save(net, "net.safetensors")
    assert main(["export", "net.safetensors", "-o", f"state.{to}"]) == 0
    state: dict[str, Any] = (
        torch.load("state.pt") if to == "pt" else safetensors.torch.load_file("state.safetensors")
    )
    assert sorted(state) == sorted(net.state_dict())
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


def test_a_spec_is_exported_with_weights_of_a_seed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.get_rng_state()
    for seed in (0, 0, 1):
        assert (
            main(["export", "conv.yaml", "--to", "pt", "-o", f"{seed}.bin", "--seed", f"{seed}", "--force"])
            == 0
        )
    assert "wrote 1.bin" in capsys.readouterr().out
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(0)
    expected = netspec.compile("conv.yaml").state_dict()
    assert torch.equal(torch.load("0.bin")["head.weight"], expected["head.weight"])
    assert not torch.equal(torch.load("1.bin")["head.weight"], expected["head.weight"])


def test_nothing_is_overwritten_without_force(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.pt").write_text("mine")
    assert main(["export", "conv.yaml", "-o", "net.pt"]) == 2
    assert "net.pt exists" in capsys.readouterr().err
    assert Path("net.pt").read_text() == "mine"
    assert main(["export", "conv.yaml", "-o", "net.pt", "--force"]) == 0
    assert main(["export", "conv.yaml", "-o", "net.xyz"]) == 2
    assert "say one of onnx, pt2, safetensors, pt" in capsys.readouterr().err
    assert main(["export", "conv.yaml", "-o", "absent/net.pt"]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_result_that_differs_is_not_written(folder: Path) -> None:
    text = CONV.replace("  - drop\n", "  - drop\n  - {add, from: [_, [rand_like]]}\n")
    Path("random.yaml").write_text(text)
    for to in ("onnx", "pt2"):
        with pytest.raises(NetspecError, match="computes other values than the module"):
            netspec.export("random.yaml", f"random.{to}")
    assert {each.name for each in folder.iterdir()} == {"conv.yaml", "text.yaml", "random.yaml"}


def test_a_size_that_the_exporter_fixes_is_told(folder: Path) -> None:
    text = TEXT.replace("mix: {Linear: [8, 8]}", "mix: {LSTM: [8, 8, {batch_first: true}]}")
    Path("lstm.yaml").write_text(text.replace("  - mix\n", "  - {mix, as: [states, _]}\n"))
    found = netspec.export("lstm.yaml", "lstm.pt2")
    assert found.fixed == {"T": 12}
    assert "fixed   T = 12: the exporter cannot leave it open" in str(found)
    assert {each.sizes for each in found.runs} == {f"N = {n} and T = 12" for n in (1, 2, 3)}


def test_missing_packages_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = export_onnx.find_spec
    monkeypatch.setattr(export_onnx, "find_spec", lambda name: None if name == "onnxruntime" else found(name))
    result = netspec.export("conv.yaml", "conv.onnx")
    assert result.runs == ()
    assert "not checked: onnxruntime is not installed" in str(result)
    monkeypatch.setattr(export_onnx, "find_spec", lambda name: None)
    with pytest.raises(NetspecError, match=r"needs onnx and onnxscript.*pip install '\.\[export\]'"):
        netspec.export("conv.yaml", "other.onnx")


def test_what_the_exporter_cannot_do_is_told(folder: Path) -> None:
    Path("any.yaml").write_text("netspec: 1\nname: A\ninputs: {x: [..., 4]}\nforward: [relu]\n")
    with pytest.raises(NetspecError, match="`x` may have any number of dimensions"):
        netspec.export("any.yaml", "a.onnx")
    with pytest.raises(NetspecError, match="params already"):
        netspec.export(netspec.compile("conv.yaml"), "b.onnx", width=3)
    with pytest.raises(NetspecError, match="not compiled from a spec"):
        netspec.export(torch.nn.ReLU(), "b.onnx")
