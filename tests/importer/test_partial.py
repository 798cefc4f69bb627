"""What cannot be expressed, as an op of the application; and the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.catalog import registered
from netspec.errors import NetspecError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MODELS = '''
import torch
from torch import nn

class Flip(nn.Module):
    """Decides by values."""
    def __init__(self, sign: int = 1, strict=None):
        super().__init__()
        self.sign = sign

    def forward(self, x):
        return x if self.sign * x.sum() > 0 else -x

class Forgets(nn.Module):
    def __init__(self, table):
        super().__init__()
        self.rows = len(table)

    def forward(self, x):
        return x if x.sum() > 0 else -x

class Net(nn.Module):
    def __init__(self, width=8, last=Flip):
        super().__init__()
        self.fc = nn.Linear(8, width)
        self.flip = Flip(-1)

    def forward(self, x):
        return self.flip(self.fc(x))

def forgetful():
    return nn.Sequential(nn.Linear(8, 8), Forgets([1, 2]))

def plain(width=4):
    return nn.Sequential(nn.Linear(8, width), nn.ReLU())

def example():
    return torch.ones(3, 8)
'''


@pytest.fixture
def models(tmp_path, monkeypatch):
    (tmp_path / "app_models.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "app_models", raising=False)
    import importlib

    yield importlib.import_module("app_models")
    if registered.is_registered("Flip"):
        registered.unregister("Flip")


def test_a_submodule_becomes_an_op_that_is_registered(models):
    net = models.Net()
    x = torch.randn(2, 8)
    with pytest.raises(NetspecError, match=r"`flip` \(Flip\)"):
        netspec.from_module(net, x)
    spec = netspec.from_module(net, x, partial=True)
    assert "flip: {Flip: {sign: -1}}" in spec.text or "flip: {Flip: -1}" in spec.text
    assert "# needs netspec.register(Flip)" in spec.text
    made = netspec.compile(spec)
    made.load_state_dict(net.state_dict())
    for each in (torch.ones(2, 8), -torch.ones(2, 8)):
        assert torch.equal(made(each), net(each))
    registered.unregister("Flip")
    assert not netspec.validate_text(spec.text).ok


def test_an_op_whose_arguments_are_lost_stays_refused(models):
    with pytest.raises(NetspecError, match="no plain attribute for its argument `table`"):
        netspec.from_module(models.forgetful(), torch.randn(2, 8), partial=True)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netspec", "import", *arguments], cwd=folder, capture_output=True, text=True
    )


def test_the_command_writes_a_spec_and_weights(models, tmp_path):
    done = run(
        tmp_path, "app_models:plain", "--set", "width=5", "--input", "2,8",
        "-o", "net.yaml", "--weights", "net.safetensors",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "proven against the original: print, state_dict, eval, train" in done.stderr
    text = (tmp_path / "net.yaml").read_text()
    assert "Linear: [8, 5]" in text
    assert netspec.open(tmp_path / "net.safetensors")(torch.ones(1, 8)).shape == (1, 5)
    again = run(tmp_path, "app_models:plain", "--example", "app_models:example", "-o", "net.yaml")
    assert again.returncode == 2
    assert "net.yaml exists" in again.stderr
    assert (tmp_path / "net.yaml").read_text() == text


MISUSE = {
    ("resnet50",): "names no module",
    ("torchvision:resnet51",): "torchvision has no model `resnet51`",
    ("app_models:absent", "--input", "2,8"): "app_models has no `absent`",
    ("absent:Net", "--input", "2,8"): "absent cannot be imported",
    ("app_models:plain",): "an example is needed",
    ("app_models:plain", "--set", "depth=3", "--input", "2,8"): "app_models:plain fails: TypeError",
    ("app_models:plain", "--input", "2,x"): "`2,x` is no input",
    ("app_models:Net", "--input", "2,8"): "Python asks for the value of a tensor",
}


@pytest.mark.parametrize("arguments", MISUSE, ids=lambda each: each[0])
def test_what_goes_wrong_is_said_in_a_line(models, tmp_path, monkeypatch, capsys, arguments):
    from netspec.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["import", *arguments]) == 2
    assert MISUSE[arguments] in capsys.readouterr().err
