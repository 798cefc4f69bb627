"""Two processes train as one does: equal figures, checkpoints for any number of them, restarts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import netspec
from netspec.runner.train import train
from netspec.runner.world import World

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not torch.distributed.is_available(), reason="PyTorch was built without processes"),
]

# The last batch of an epoch has 15 samples, which two processes share unequally.
PLAIN = (
    ("  augment: [{RandomAffine: {degrees: 5, translate: [0.1, 0.1]}}]\n", ""),
    ("batch_size: 64", "batch_size: 50"),
    # In bf16, rounding would hide what is to be equal.
    ("epochs: 2", "epochs: 2\nprecision: fp32"),
)
ROOT = Path(netspec.__file__).parents[1]


def torchrun(*arguments: object, processes: int = 2, restarts: int = 0, hook: Path | None = None):
    """Start `netspec train` in so many processes; `hook` is a folder whose `sitecustomize.py` they import."""
    paths = [str(ROOT), *([str(hook)] if hook else [])]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command += [f"--max-restarts={restarts}", "-m", "netspec", "train", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen) -> str:
    """What the processes wrote, once all went well."""
    output, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return output + error


def figures(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [value for line in lines for value in (line["train_loss"], *line["test"].values())]


@pytest.fixture
def alone(write_recipe, tmp_path):
    """One process's run of the recipe."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    train(write_recipe(*PLAIN), output=tmp_path / "alone", progress=False)
    torch.set_num_threads(before)
    return tmp_path / "alone"


def assert_equal_runs(first: Path, second: Path) -> None:
    """Equal to rounding: sums are added up in another order."""
    assert figures(first) == pytest.approx(figures(second), rel=1e-3)
    weights = [load_file(run / "last.safetensors") for run in (first, second)]
    for name, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][name], rtol=1e-3, atol=1e-4)


HOOK = """
import os, signal

from netspec.runner.losswatch import LossWatch

real, steps = LossWatch.add, 0


def add(self, loss, count):
    global steps
    steps += 1
    first = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    if steps == {step} and os.environ["RANK"] == "1" and first:
        os.kill(os.getpid(), signal.{signal})
    return real(self, loss, count)


if "RANK" in os.environ:
    LossWatch.add = add
"""


@pytest.fixture
def hook(tmp_path):
    """A folder with a module that sends the second process a signal at a step."""

    def write(signal: str, step: int) -> Path:
        (tmp_path / "hook").mkdir()
        (tmp_path / "hook" / "sitecustomize.py").write_text(
            HOOK.replace("{signal}", signal).replace("{step}", str(step))
        )
        return tmp_path / "hook"

    return write


def test_two_processes_train_as_one_and_a_killed_one_changes_nothing(alone, tmp_path, write_recipe, hook):
    recipe = write_recipe(*PLAIN, ("seed: 0", "seed: 0\ncheckpoint: {steps: 6}"))
    whole = torchrun(recipe, "--output", tmp_path / "both")
    text = finished(whole)
    assert text.count("training Small") == 1
    assert "2 processes on cpu" in text
    assert_equal_runs(alone, tmp_path / "both")
    killed = torchrun(recipe, "--output", tmp_path / "cut", restarts=1, hook=hook("SIGKILL", 40))
    assert "going on after step 36" in finished(killed)
    for name in ("metrics.jsonl", "last.safetensors"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "both" / name).read_bytes()


def test_spread_over_two_processes_it_goes_on_with_one(alone, tmp_path, write_recipe, hook):
    """SIGTERM reaches the second process alone, and both stop after the same step."""
    recipe = write_recipe(*PLAIN, ("seed: 0", "seed: 0\nparallel: fsdp\nclip: 100.0"))
    stopped = torchrun(recipe, "--output", tmp_path / "both", hook=hook("SIGTERM", 33))
    _, error = stopped.communicate(timeout=300)
    assert stopped.returncode
    assert "after step 40; go on with `netspec train --resume" in error
    train(resume=tmp_path / "both", progress=False)
    assert_equal_runs(alone, tmp_path / "both")


def test_begun_by_one_process_it_goes_on_spread_over_two(alone, tmp_path, write_recipe, stop_after):
    recipe = write_recipe(*PLAIN, ("seed: 0", "seed: 0\nparallel: fsdp"))
    with stop_after(40), pytest.raises(KeyboardInterrupt):
        train(recipe, output=tmp_path / "run", progress=False)
    assert "going on after step 40" in finished(torchrun("--resume", tmp_path / "run"))
    assert_equal_runs(alone, tmp_path / "run")


def test_a_batch_smaller_than_the_processes_is_shared_all_the_same():
    worlds = [World(rank, 3) for rank in range(3)]
    batch = torch.tensor([7, 8])
    assert [world.share(batch).tolist() for world in worlds] == [[7], [8], [7]]
    assert [world.count(2) for world in worlds] == [1, 1, 0]
    assert sum(world.weight(2, 2) for world in worlds) / 3 == 1
