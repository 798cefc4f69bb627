"""A network in one file and back: what comes out is what went in, and what cannot be trusted is refused."""

from __future__ import annotations

import copy
import errno
import io
import json
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

import netspec
from netspec import NetspecError, SafeFileError
from netspec.build.weights import write_safe_file
from netspec.carry.header import read_header
from netspec.carry.record import RECORD, decode, encode, sealed
from netspec.cli import main

pytestmark = pytest.mark.torch

BLOCKS = """\
netspec: 1
blocks:
  Body:
    params: {width: int, act: {type: op, default: ReLU}}
    inputs: {x: [N, T, $width]}
    layers:
      up: {Linear: [$width, $(2 * width)]}
      act: $act
      down: {Linear: [$(2 * width), $width]}
    forward: [up, act, down]
"""
TAGGER = """\
netspec: 1
name: Tagger
use: [../blocks.yaml]
params: {width: 16, depth: 2, act: {type: op, default: ReLU}}
inputs:
  tokens: {shape: [N, T], dtype: int64, range: [0, 50]}
layers:
  embed: {Embedding: [50, $width]}
  body: {Sequential: [{Body: [$width, $act], repeat: $depth}]}
  norm: {BatchNorm1d: $width}
  head: {Linear: [$width, 50, {bias: false}]}
buffers:
  scale: {steps: [{arange: [1, $(width + 1)]}, {to: float32}], persistent: false}
forward:
  - embed
  - body
  - {transpose: [1, 2]}
  - norm
  - {transpose: [1, 2]}
  - {mul, from: [_, scale]}
  - head
tie: {head.weight: embed.weight}
"""
VARIANT = """\
netspec: 1
use: [tagger.yaml]
model: {Tagger: {width: 8, act: {LeakyReLU: {negative_slope: 0.2}}}}
"""
TOKENS = torch.arange(12).reshape(3, 4)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    (project / "pyproject.toml").write_text("")
    (project / "blocks.yaml").write_text(BLOCKS)
    (project / "specs" / "tagger.yaml").write_text(TAGGER)
    (project / "specs" / "small.yaml").write_text(VARIANT)
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def saved(folder: Path) -> Path:
    """A saved network, in a folder where its YAML is not."""
    path = folder.parent / "net.safetensors"
    netspec.save(trained(), path)
    return path


def trained(**params: Any) -> torch.nn.Module:
    """A network whose weights and statistics no seed gives again."""
    net = netspec.compile("specs/tagger.yaml", **params)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net(TOKENS).square().mean().backward()
    optimizer.step()
    return net


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    one, other = a.state_dict(), b.state_dict()
    return list(one) == list(other) and all(
        value.dtype == other[name].dtype and torch.equal(value, other[name]) for name, value in one.items()
    )


def test_another_process_opens_it_without_the_yaml(saved: Path, folder: Path) -> None:
    net = netspec.open(saved)
    for path in [*folder.rglob("*.yaml")]:
        path.unlink()
    code = (
        "import sys, torch, netspec\n"
        f"net = netspec.open({str(saved)!r})\n"
        "print(net)\n"
        f"torch.save(net(torch.arange(12).reshape(3, 4)), {str(folder / 'out.pt')!r})\n"
        "assert net.head.weight is net.embed.weight\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=saved.parent)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{net}\n"
    assert torch.equal(torch.load(folder / "out.pt"), net(TOKENS))


@pytest.mark.parametrize(
    "params", [{}, {"width": 4, "depth": 1, "act": "GELU"}, {"act": {"ELU": {"alpha": 0.5}}}]
)
def test_what_is_opened_is_what_was_saved(folder: Path, params: dict[str, Any]) -> None:
    net = trained(**params)
    netspec.save(net, "net.safetensors")
    opened = netspec.open("net.safetensors")
    assert str(opened) == str(net)
    assert same(opened, net)
    assert opened.head.weight is opened.embed.weight
    assert torch.equal(opened(TOKENS), net(TOKENS))
    assert torch.equal(opened.eval()(TOKENS), net.eval()(TOKENS))


def test_a_variant_and_a_dict_are_saved_with_all_that_they_use(folder: Path) -> None:
    content = {"netspec": 1, "name": "Net", "use": ["blocks.yaml"], "inputs": {"x": ["N", 2, 4]}}
    content |= {"layers": {"body": {"Body": 4}}, "forward": ["body"]}
    for spec in ("specs/small.yaml", content):
        net = netspec.compile(spec)
        netspec.save(net, "net.safetensors")
        assert same(netspec.open("net.safetensors"), net)


def test_a_dict_may_use_a_file_of_any_name(folder: Path) -> None:
    Path("spec.yaml").write_text(BLOCKS)
    content = {"netspec": 1, "name": "Net", "use": ["spec.yaml"], "inputs": {"x": ["N", 2, 4]}}
    net = netspec.compile(content | {"layers": {"body": {"Body": 4}}, "forward": ["body"]})
    netspec.save(net, "net.safetensors")
    assert same(netspec.open("net.safetensors"), net)
    assert netspec.load("net.safetensors").path == "net.safetensors/_spec.yaml"


def test_ops_of_an_application_must_be_registered_where_it_is_opened(folder: Path) -> None:
    (folder / "mine.py").write_text(
        "import torch.nn as nn\nclass Twice(nn.Linear):\n"
        "    def forward(self, x):\n        return 2 * super().forward(x)\n"
    )
    (folder / "mine.yaml").write_text(
        "netspec: 1\nname: M\ninputs: {x: [N, 3]}\nlayers: {t: {Twice: [3, 2]}}\nforward: [t]\n"
    )
    start = "import netspec, torch\n"
    known = "import mine\nnetspec.register(mine.Twice)\n"
    save = "netspec.save(netspec.compile('mine.yaml'), 'mine.safetensors')\n"
    run = "netspec.open('mine.safetensors')(torch.ones(1, 3))\n"
    for code, status in ((start + known + save, 0), (start + known + run, 0), (start + run, 1)):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
        assert done.returncode == status, done.stderr
    assert "NS201" in done.stderr


def test_params_that_a_class_was_called_with_are_kept(folder: Path) -> None:
    Tagger = netspec.compile_class("specs/tagger.yaml")
    net = Tagger(8, act=torch.nn.Tanh)
    netspec.save(net, "net.safetensors")
    assert same(netspec.open("net.safetensors"), net)
    assert netspec.load("net.safetensors").params == {"width": 8, "depth": 2, "act": "Tanh"}
    with pytest.raises(NetspecError, match=r"the param `act` is .*lambda"):
        netspec.save(Tagger(8, act=lambda: torch.nn.Tanh()), "other.safetensors")


def test_copies_and_pickles_can_be_saved(folder: Path) -> None:
    net = trained(width=8)
    for each in (copy.deepcopy(net), copy.copy(net), pickle.loads(pickle.dumps(net))):
        netspec.save(each, "net.safetensors")
        assert same(netspec.open("net.safetensors"), net)


def test_the_class_stays_as_it_was(folder: Path) -> None:
    import inspect

    Tagger = netspec.compile_class("specs/tagger.yaml")
    assert list(inspect.signature(Tagger).parameters) == ["width", "depth", "act"]
    assert Tagger.__init__.__qualname__ == "Tagger.__init__"
    assert not [name for name in vars(Tagger()) if "origin" in name]
    with pytest.raises(TypeError, match="unexpected keyword argument 'widht'"):
        Tagger(widht=3)


def test_tied_weights_are_stored_once(saved: Path) -> None:
    names = safetensors.torch.load_file(saved).keys()
    assert "embed.weight" in names
    assert "head.weight" not in names


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_dtypes_are_kept(folder: Path, dtype: torch.dtype) -> None:
    net = netspec.compile("specs/tagger.yaml").to(dtype).eval()
    netspec.save(net, "net.safetensors")
    opened = netspec.open("net.safetensors").eval()
    assert same(opened, net)
    assert opened.scale.dtype == net.scale.dtype == dtype
    assert torch.equal(opened(TOKENS), net(TOKENS))


def test_opening_draws_no_random_numbers_and_takes_a_device(saved: Path) -> None:
    before = torch.get_rng_state()
    net = netspec.open(saved, device="cpu")
    assert torch.equal(torch.get_rng_state(), before)
    assert net.training
    assert netspec.open(saved, device="meta").embed.weight.is_meta
    with pytest.raises(NetspecError, match="nowhere is no device"):
        netspec.open(saved, device="nowhere")


def test_params_cannot_be_given_to_weights(saved: Path) -> None:
    with pytest.raises(NetspecError, match="belong to its own params"):
        netspec.open(saved, width=4)


def test_equal_networks_give_equal_files(saved: Path, tmp_path: Path) -> None:
    netspec.save(netspec.open(saved), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_the_runner_writes_the_same_file_from_a_state(saved: Path, folder: Path) -> None:
    net = netspec.open(saved)
    spec = netspec.load("specs/tagger.yaml").checked
    write_safe_file(net.state_dict(), spec, spec.params or {}, "run.safetensors", about={"epoch": "3"})
    found = read_header_of(Path("run.safetensors").read_bytes())
    record = decode(found, "run")
    assert record is not None
    assert record.about == {"epoch": "3"}
    assert same(netspec.open("run.safetensors"), net)


def test_a_file_keeps_its_old_content_when_the_disk_is_full(
    saved: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, net = saved.read_bytes(), trained()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NetspecError, match="No space left on device"):
        netspec.save(net, saved)
    assert saved.read_bytes() == before
    assert [each.name for each in saved.parent.iterdir()] == ["project", saved.name]


# What cannot be saved.


def test_a_module_of_no_spec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetspecError, match="was not compiled from a spec"):
        netspec.save(torch.nn.Linear(2, 2), tmp_path / "net.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_is_no_longer_the_network_of_its_spec_is_refused(folder: Path) -> None:
    for change, message in [
        (lambda net: setattr(net, "head", torch.nn.Linear(16, 3)), "`head.bias` is no part of the network"),
        (lambda net: setattr(net, "norm", None), "`norm.weight` is missing"),
        (lambda net: setattr(net, "embed", torch.nn.Embedding(50, 16)), "have different values"),
        (lambda net: setattr(net.body[0].down, "bias", net.norm.bias), "the spec does not tie the two"),
        (lambda net: net.to("meta"), "no values yet"),
    ]:
        net = netspec.compile("specs/tagger.yaml")
        change(net)
        with pytest.raises(NetspecError, match=message):
            netspec.save(net, "net.safetensors")
        assert not Path("net.safetensors").exists()
    with pytest.raises(NetspecError, match=r"ends in \.safetensors"):
        netspec.save(netspec.compile("specs/tagger.yaml"), "net.pt")


# What cannot be opened.


def read_header_of(data: bytes) -> Any:
    return read_header(io.BytesIO(data), len(data), "file")


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(NetspecError) as error:
        netspec.open(path)
    return str(error.value)


def test_every_cut_and_every_flipped_bit_is_noticed(saved: Path, tmp_path: Path) -> None:
    data, path, chance = saved.read_bytes(), tmp_path / "bad.safetensors", random.Random(0)
    for length in [0, 1, 7, 8, 9, *(chance.randrange(len(data)) for _ in range(40))]:
        assert "NS603" in refused(path, data[:length])
    for place in [*range(12), *(chance.randrange(len(data)) for _ in range(200))]:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        assert "NS603" in refused(path, bytes(flipped)), place
    assert "follow after the last tensor" in refused(path, data + b"\0")


def test_a_header_whose_length_begins_like_a_pickle_is_read(tmp_path: Path) -> None:
    data = safetensors.torch.save({"a": torch.zeros(1)})
    end = 8 + int.from_bytes(data[:8], "little")
    longer = data[8:end].ljust(0x0480)
    start = len(longer).to_bytes(8, "little")
    assert start.startswith(b"\x80\x04")
    found = refused(tmp_path / "net.safetensors", start + longer + data[end:])
    assert "holds weights and no spec" in found


def test_other_formats_are_named(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    torch.save({"a": torch.zeros(1)}, path)
    assert "zip archive, as `torch.save` writes" in refused(path, path.read_bytes())
    assert "is a pickle" in refused(path, pickle.dumps({"a": 1}))
    assert "no safetensors file" in refused(path, b"<!DOCTYPE html><html>not found</html>")
    assert "holds weights and no spec" in refused(path, safetensors.torch.save({"a": torch.zeros(1)}))
    with pytest.raises(NetspecError, match="no such file"):
        netspec.open(tmp_path / "absent.safetensors")


def one(shape: str = "[1]", start: int = 0, end: int = 4, dtype: str = "F32", more: str = "") -> str:
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{start},{end}]{more}}}'


MORE = ',"more":1'
HEADERS = [
    (f'{{"a":{one()},"a":{one()}}}', "name twice"),
    (f'{{"a":{one()},"b":{one()}}}', "overlap"),
    (f'{{"a":{one(start=4, end=8)}}}', "gaps"),
    (f'{{"a":{one("[4611686018427387904]", end=8)}}}', "not that of its shape"),
    (f'{{"a":{one("[4294967296,4294967296,4294967296]", end=0)}}}', "not that of its shape"),
    (f'{{"a":{one("[-1]", end=-4)}}}', "is no tensor"),
    (f'{{"a":{one("[1.0]")}}}', "is no tensor"),
    (f'{{"a":{one(more=MORE)}}}', "is no tensor"),
    (f'{{"a":{one(dtype="Q4")}}}', "which netspec does not know"),
    (f'{{"a":{one("[2]", end=8)},"b":{one("[2]", 8, 16)}}}', "is cut off"),
    ('{"__metadata__":{"netspec":1}}', "metadata"),
    ("[]", "no JSON object"),
    ("[" * 100_000, "not JSON"),
    ('{"a":' * 20_000 + "1" + "}" * 20_000, "not JSON"),
    ('{"a":' + "9" * 5000 + "}", "not JSON"),
]


@pytest.mark.parametrize(
    ("text", "message"), HEADERS, ids=[message + str(n) for n, (_, message) in enumerate(HEADERS)]
)
def test_a_header_that_lies_is_refused(text: str, message: str, tmp_path: Path) -> None:
    raw = text.encode()
    found = refused(tmp_path / "net.safetensors", len(raw).to_bytes(8, "little") + raw + bytes(8))
    assert message in found
    assert "NS603" in found


def test_a_length_that_lies_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for length in (2**63, 10**9, 26_000_000, 1000):
        assert "NS603" in refused(tmp_path / "net.safetensors", length.to_bytes(8, "little") + b"{}")


def forged(saved: Path, **changes: Any) -> bytes:
    """A file with a changed record and hashes that are right."""
    data = saved.read_bytes()
    header = read_header_of(data)
    content = json.loads(header.metadata[RECORD]) | changes
    start, rest = sealed(data, json.dumps(content))
    return start + bytes(rest)


def test_a_forger_who_computes_the_hashes_gets_no_further(saved: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text(BLOCKS)
    files = json.loads(read_header_of(saved.read_bytes()).metadata[RECORD])["files"]
    spec = files["specs/tagger.yaml"]
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    cases: list[tuple[dict[str, Any], str]] = [
        ({"format_version": 2}, "newer netspec"),
        ({"format_version": True}, "lacks a part"),
        ({"main": "absent.yaml"}, "does not hold"),
        ({"files": {"../x.yaml": spec}, "main": "../x.yaml"}, "does not hold"),
        ({"files": {"specs/tagger.yaml": 3}}, "lacks a part"),
        ({"files": {"specs/tagger.yaml": "\ud800"}}, "lacks a part"),
        ({"files": {"specs/tagger.yaml": spec}}, "NS212"),
        ({"files": files | {"specs/tagger.yaml": spec.replace("../blocks.yaml", str(secret))}}, "NS212"),
        (
            {"files": files | {"specs/tagger.yaml": spec.replace("../blocks.yaml", "../../secret.yaml")}},
            "NS212",
        ),
        ({"files": files | {"specs/tagger.yaml": bomb}}, "NS006"),
        ({"files": files | {"specs/tagger.yaml": "!!python/object/apply:os.system [echo]"}}, "NS005"),
        (
            {"files": files | {"specs/tagger.yaml": spec.replace("[50, $width]", "[50000000000, $width]")}},
            "NS402",
        ),
        (
            {"files": files | {"specs/tagger.yaml": spec.replace("tie: {head.weight: embed.weight}", "")}},
            "NS604",
        ),
        ({"params": {"width": 1_000_000_000}}, "NS604"),
        ({"params": {"width": [[1]], "depth": {}}}, "NS304"),
        ({"params": {"other": 1}}, "NS307"),
        ({"params": []}, "lacks a part"),
        ({"tied": {"head.weight": "norm.weight"}}, "ties other tensors"),
        ({"tied": {"head.weight": "absent"}}, "ties tensors that are not there"),
        ({"tied": {}}, "ties other tensors"),
    ]
    for changes, message in cases:
        found = refused(tmp_path / "forged.safetensors", forged(saved, **changes))
        assert message in found, found
    (tmp_path / "forged.safetensors").write_bytes(forged(saved))
    netspec.open(tmp_path / "forged.safetensors")


def test_names_of_tensors_cannot_steer_a_terminal(saved: Path, tmp_path: Path) -> None:
    tensors = safetensors.torch.load_file(saved) | {"\x1b[2J": torch.zeros(1)}
    record = decode(read_header_of(saved.read_bytes()), "file")
    assert record is not None
    start, rest = sealed(safetensors.torch.save(tensors), encode(record))
    found = refused(tmp_path / "net.safetensors", start + bytes(rest))
    assert "\\x1b[2J" in found
    assert "\x1b" not in found


# Commands, and everything else that takes a spec.


def test_commands_take_the_file_for_its_spec(
    saved: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("validate", "show", "compile", "summary"):
        assert main([command, str(saved)]) == 0
        first = capsys.readouterr().out
        assert main([command, "specs/tagger.yaml"]) == 0
        other = capsys.readouterr().out
        assert first.replace(f"{saved}/specs/tagger.yaml", "specs/tagger.yaml") == other
    assert main(["summary", str(saved), "--set", "width=4"]) == 0
    assert "50" in capsys.readouterr().out


def test_the_params_of_the_network_are_the_defaults(folder: Path) -> None:
    netspec.save(trained(width=4), "net.safetensors")
    for width, more in ((4, {}), (6, {"width": 6})):
        parameters = netspec.summary("specs/tagger.yaml", width=width).parameters
        assert netspec.summary("net.safetensors", **more).parameters == parameters
        assert sum(p.numel() for p in netspec.compile("net.safetensors", **more).parameters()) == parameters
    netspec.save(trained(width=6), "net.safetensors")
    assert netspec.load("net.safetensors").params["width"] == 6


def test_a_fault_in_a_carried_spec_has_its_place(
    saved: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(saved), "--set", "width=a"]) == 1
    assert f"{saved}/specs/tagger.yaml:4:10" in capsys.readouterr().out


def test_a_damaged_file_is_an_error_of_the_call(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(saved.read_bytes())
    data[100] ^= 1
    saved.write_bytes(data)
    for command in ("validate", "show", "compile", "summary"):
        assert main([command, str(saved)]) == 2
        assert "is damaged" in capsys.readouterr().err


def test_nothing_in_the_file_is_mended(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = saved.read_bytes()
    assert main(["validate", str(saved), "--fix"]) == 2
    assert "as it is" in capsys.readouterr().err
    assert saved.read_bytes() == before


# Weights of one network for another.


def test_what_fits_is_carried_over_and_the_rest_told(saved: Path, folder: Path) -> None:
    old = netspec.open(saved)
    text = TAGGER.replace("[$width, 50, {bias: false}]", "[$width, 7]").replace(
        "tie: {head.weight: embed.weight}\n", ""
    )
    (folder / "specs" / "new.yaml").write_text(text.replace("norm:", "bn:").replace("- norm", "- bn"))
    net = netspec.compile("specs/new.yaml")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    found = netspec.load_weights(net, saved)
    after = net.state_dict()
    assert [each.name for each in found.reshaped] == ["head.weight"]
    assert set(found.lost) == {
        f"norm.{each}" for each in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }
    assert set(found.new) == {"head.bias", *(name.replace("norm", "bn") for name in found.lost)}
    assert {*found.kept, *found.new, "head.weight"} == set(after)
    for name, value in after.items():
        expected = old.state_dict()[name] if name in found.kept else before[name]
        assert torch.equal(value, expected), name
    assert "reshaped  head.weight: float32 [50, 16] in the file, float32 [7, 16] here" in str(found)
    assert not found.complete


def test_strict_and_hopeless_loads_change_nothing(saved: Path, folder: Path) -> None:
    net = netspec.compile("specs/tagger.yaml", depth=3)
    before = copy.deepcopy(net.state_dict())
    with pytest.raises(SafeFileError, match=r"new       body\.2\.up\.weight") as error:
        netspec.load_weights(net, saved, strict=True)
    assert error.value.code == "NS604"
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    with pytest.raises(SafeFileError, match=r"nothing in .* fits"):
        netspec.load_weights(torch.nn.Conv2d(1, 1, 1), saved)
    assert netspec.load_weights(netspec.compile("specs/tagger.yaml"), saved, strict=True).complete


def test_plain_files_are_carried_over_too(tmp_path: Path) -> None:
    layer = torch.nn.Linear(3, 2)
    safetensors.torch.save_file({"weight": torch.ones(2, 3, dtype=torch.float64)}, tmp_path / "w.safetensors")
    found = netspec.load_weights(layer, tmp_path / "w.safetensors")
    assert (found.kept, found.new) == (("weight",), ("bias",))
    assert torch.equal(layer.weight, torch.ones(2, 3))


def test_specs_of_the_file_are_read_without_torch(saved: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'safetensors', 'numpy'): sys.modules[name] = None\n"
        "from netspec.cli import main\n"
        f"for command in ('validate', 'summary', 'compile'): assert main([command, {str(saved)!r}]) == 0\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
