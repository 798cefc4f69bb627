"""Layers of applications in compiled networks: the same as in a hand-written class, in every process."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.catalog import registered

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

LAYERS = '''
"""Layers of an application."""
import torch
from torch import nn

class Gated(nn.Module):
    """Scales features by a learnt gate."""
    def __init__(self, features: int, *, sharp: bool = False, device=None):
        super().__init__()
        self.gate = nn.Linear(features, 2 * features, device=device)
        self.sharp = sharp

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = self.gate(x).chunk(2, -1)
        return a * ((8 * b).sigmoid() if self.sharp else b.sigmoid())

def gated_shape(x, features):
    if x.shape[-1] != features:
        raise ValueError(f"it takes {features} features but receives {x.shape[-1]}")
    return x.shape
'''
SPEC = """\
netspec: 1
name: Net
params:
  gate: {type: op, default: Gated}
inputs:
  x: [N, 8]
layers:
  first: {Gated: [8, {sharp: true}]}
  inner: {Sequential: [{Linear: [8, 4]}, {$gate: 4}]}
forward: [first, inner]
"""


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "app_layers.py").write_text(LAYERS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("app_layers")
    netspec.register(module.Gated, shape=module.gated_shape)
    yield module
    del sys.modules["app_layers"]
    registered.unregister("Gated")


def test_a_layer_is_built_printed_and_run_as_written_by_hand(application: Any) -> None:
    spec = SPEC
    torch.manual_seed(0)
    net = netspec.compile(netspec.loads(spec))
    torch.manual_seed(0)
    first = application.Gated(8, sharp=True)
    inner = torch.nn.Sequential(torch.nn.Linear(8, 4), application.Gated(4))
    x = torch.randn(3, 8)
    assert torch.equal(net(x), inner(first(x)))
    assert str(net.first) == str(first)
    assert str(net.inner) == str(inner)


def test_faults_are_found_without_building(application: Any) -> None:
    (found,) = netspec.validate_text(SPEC.replace("[8, {sharp", "[9, {sharp")).diagnostics
    assert (found.code, found.message) == (
        "NS408",
        "`first` refuses this: it takes 9 features but receives 8",
    )
    (found,) = netspec.validate_text(SPEC.replace("[8, {sharp", "[auto, {sharp")).diagnostics
    assert (found.code, found.message) == ("NS306", "`auto` cannot stand for `features` of `first`")


def test_another_process_loads_the_pickle_and_runs_the_source(application: Any, tmp_path: Path) -> None:
    """Neither has registered anything, and the source runs where netspec is not."""
    spec = netspec.loads(SPEC)
    net = netspec.compile(spec)
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(net))
    (tmp_path / "net.py").write_text(netspec.source(spec), encoding="utf-8")
    code = (
        "import pickle, sys, torch; x = torch.ones(2, 8)\n"
        "a = pickle.load(open('net.pickle', 'rb')); print(a(x).tolist())\n"
        "for name in [each for each in sys.modules if each.startswith('netspec')]: sys.modules[name] = None\n"
        "import net; b = net.Net(); b.load_state_dict(a.state_dict()); print(b(x).tolist())\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout.splitlines() == [str(net(torch.ones(2, 8)).tolist())] * 2


def test_what_it_holds_is_named_as_not_counted(application: Any) -> None:
    """Only the application knows its parameters; a total must not look as if they were in it."""
    summary = netspec.summary(netspec.loads(SPEC))
    assert summary.uncounted == ("Gated",)
    assert summary.parameters == 36
    assert summary.flops is None
    assert "not counted: what Gated of an application may hold" in str(summary)
    assert summary.to_dict()["total"]["uncounted"] == ["Gated"]
