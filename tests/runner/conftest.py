"""A folder with a small spec and a recipe that fits it, for tests to change."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

NET = """\
netspec: 1
name: Small
inputs:
  x: [N, 1, 28, 28]
layers:
  conv: {Conv2d: [1, 4, 3]}
  fc: {Linear: [676, 10]}
forward:
  - conv
  - relu
  - {max_pool2d: 2}
  - {flatten: 1}
  - fc
  - {log_softmax: {dim: 1}}
"""
RECIPE = """\
netspec: 1
recipe: small
model: net.yaml
data:
  train: {Digits: {split: train}}
  test: {Digits: {split: test}}
  transform: [{Resize: 28}, {Normalize: {mean: [0.3], std: [0.3]}}]
  augment: [{RandomAffine: {degrees: 5, translate: [0.1, 0.1]}}]
  batch_size: 64
loss: nll_loss
metrics: [accuracy]
optimizer: {AdamW: {lr: 3e-3}}
scheduler: {OneCycleLR: {max_lr: 1e-2}}
epochs: 2
seed: 0
"""


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[..., Path]:
    """Write `net.yaml` and `recipe.yaml`, each with (old, new) replacements; the recipe's path."""

    def write(*changes: tuple[str, str], net: tuple[tuple[str, str], ...] = ()) -> Path:
        for name, text, edits in (("net.yaml", NET, net), ("recipe.yaml", RECIPE, changes)):
            for old, new in edits:
                assert old in text, f"{old!r} is not in {name}"
                text = text.replace(old, new)
            (tmp_path / name).write_text(text)
        return tmp_path / "recipe.yaml"

    return write


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """`with stop_after(3):` lets a run receive a signal after so many steps."""
    from netspec.runner import train as module

    real = module.fit

    @contextmanager
    def stopping(steps: int, number: int = signal.SIGINT) -> Iterator[None]:
        left = steps

        def fit(job):
            class Pressing(type(job.progress)):
                def step(self, samples, loss):
                    nonlocal left
                    left -= 1
                    if left == 0:
                        signal.raise_signal(number)

            object.__setattr__(job, "progress", Pressing())
            real(job)

        with monkeypatch.context() as patch:
            patch.setattr(module, "fit", fit)
            yield

    return stopping


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is marked `alone` in a process of its own: what earlier tests left running would not
    live on in its forks."""
    if pyfuncitem.get_closest_marker("alone") is None or "NETSPEC_ALONE" in os.environ:
        return None
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", pyfuncitem.nodeid],
        cwd=pyfuncitem.config.rootpath,
        env=os.environ | {"NETSPEC_ALONE": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return True
