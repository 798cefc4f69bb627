"""A run that was cut off, wherever it was, ends with the bits of one that never was."""

import hashlib
import itertools
import json
import os
import pickle
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import pytest
import torch

from netspec.cli.main import main
from netspec.runner.checkpoints import Checkpoints, read_checkpoint
from netspec.runner.errors import RunError, Terminated
from netspec.runner.folder import locked
from netspec.runner.state import to_bytes
from netspec.runner.train import train

pytestmark = pytest.mark.torch

# Dropout and augmentation draw random numbers; the odd batch size leaves a smaller last batch.
NET = (("  - relu\n", "  - relu\n  - {dropout: 0.1}\n"),)
VARIANTS = {
    "plain": (),
    "accumulated": (
        ("batch_size: 64", "batch_size: 50"),
        ("epochs: 2", "epochs: 2\naccumulate: 3\nclip: 1.0"),
    ),
    "fp16": (("seed: 0", "seed: 0\nprecision: fp16"),),
    "averaged": (
        ("scheduler: {OneCycleLR: {max_lr: 1e-2}}", "scheduler: CosineAnnealingLR\nwarmup: 30\nema: 0.9"),
    ),
    "streamed": (("batch_size: 64", "batch_size: 64\n  workers: 2"),),
}


@pytest.fixture(autouse=True)
def one_thread():
    """The threads of OpenMP do not live on in a fork, and bits depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def contents(run: Path) -> dict[str, bytes]:
    """What must be equal between two runs: all but times, and the archive of the last checkpoint's hash."""
    names = ["metrics.jsonl", "last.safetensors", "best.safetensors"]
    found = {name: (run / name).read_bytes() for name in names}
    (newest, *_) = Checkpoints(run / "checkpoints").paths()
    state = read_checkpoint(newest)
    for epoch in state["epochs"]:
        del epoch["seconds"]
    return found | {newest.name: to_bytes(state)}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_stopped_in_the_middle_of_an_epoch_ends_with_the_same_bits(
    write_recipe, tmp_path, stop_after, variant
):
    recipe = write_recipe(*VARIANTS[variant], net=NET)
    train(recipe, output=tmp_path / "whole", progress=False)
    for steps in (3, 9):
        with stop_after(steps), pytest.raises(KeyboardInterrupt):
            go_on(recipe, tmp_path / "cut")
    result = train(resume=tmp_path / "cut", progress=False)
    assert len(result.epochs) == 2
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_a_run_that_has_ended_is_resumed_to_its_end(write_recipe, tmp_path):
    first = train(write_recipe(), output=tmp_path / "run", epochs=1, progress=False)
    again = train(resume=tmp_path / "run", progress=False)
    assert again.epochs == first.epochs
    assert again.metrics == first.metrics


@pytest.mark.alone
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs that are killed are forks of this process")
def test_killed_at_any_moment_it_ends_with_the_same_bits(write_recipe, tmp_path):
    """NETSPEC_KILLS says how often (50 for the full test)."""
    recipe = write_recipe(net=NET)
    recipe.write_text(recipe.read_text() + "checkpoint: {steps: 3}\nema: 0.9\naccumulate: 2\n")
    start = time.perf_counter()
    train(recipe, output=tmp_path / "whole", progress=False)
    seconds = time.perf_counter() - start
    rng = random.Random(0)
    kills = int(os.environ.get("NETSPEC_KILLS", "5"))
    while kills:
        child = start_fork(lambda: go_on(recipe, tmp_path / "cut"))
        time.sleep(rng.uniform(0.05, 1.1 * seconds))
        os.kill(child, signal.SIGKILL)
        if ended(child):
            assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
            shutil.rmtree(tmp_path / "cut")
        else:
            kills -= 1
    go_on(recipe, tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


@pytest.mark.alone
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs that are killed are forks of this process")
def test_killed_within_a_checkpoint_s_writing_it_ends_with_the_same_bits(write_recipe, tmp_path, stop_after):
    """SIGKILL before every single call that changes the run folder, from the end of an epoch on."""
    recipe = write_recipe(("batch_size: 64", "batch_size: 600"), net=NET)
    train(recipe, output=tmp_path / "whole", progress=False)
    with stop_after(4), pytest.raises(KeyboardInterrupt):
        train(recipe, output=tmp_path / "cut", progress=False)
    for moment in itertools.count(1):
        run = tmp_path / f"killed{moment}"
        shutil.copytree(tmp_path / "cut", run)
        finished = in_a_fork(
            lambda moment=moment, run=run: kill_at(moment) or train(resume=run, progress=False)
        )
        if not finished:
            train(resume=run, progress=False)
        assert contents(run) == contents(tmp_path / "whole")
        if finished:
            break
    assert moment > 20


def kill_at(moment: int) -> None:
    """Let this process die at so many calls that change files."""
    calls = itertools.count(1)

    def counted(real):
        def call(*arguments, **options):
            if next(calls) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    for place, name in ((os, "replace"), (os, "fsync"), (os, "unlink")):
        setattr(place, name, counted(getattr(place, name)))


def in_a_fork(run) -> bool:
    """Whether a run, in a process of its own, came to its end; it may be killed, but not fail."""
    return ended(start_fork(run))


def start_fork(run) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        run()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
    return os.WIFEXITED(status)


def go_on(recipe: Path, run: Path) -> None:
    """What a person would do: resume where there is something to resume, else begin."""
    if (run / "recipe.yaml").exists():
        train(resume=run, progress=False)
    else:
        shutil.rmtree(run, ignore_errors=True)
        train(recipe, output=run, progress=False)


def test_sigterm_saves_and_says_so(write_recipe, tmp_path, stop_after):
    before = signal.getsignal(signal.SIGTERM)
    text = "stopped in epoch 1, after step 3; go on with `netspec train --resume"
    with stop_after(3, signal.SIGTERM), pytest.raises(Terminated, match=text):
        train(write_recipe(), output=tmp_path / "run", progress=False)
    assert signal.getsignal(signal.SIGTERM) is before
    assert len(Checkpoints(tmp_path / "run" / "checkpoints").paths()) == 1


def test_netspec_train_exits_with_143_on_sigterm(write_recipe, tmp_path, stop_after, capsys):
    with stop_after(3, signal.SIGTERM):
        assert main(["train", str(write_recipe()), "--output", str(tmp_path / "run"), "--quiet"]) == 143
    assert "go on with `netspec train --resume" in capsys.readouterr().err


@pytest.fixture
def stopped(write_recipe, tmp_path, stop_after):
    """A run that was stopped in its second epoch, with two checkpoints."""
    recipe = write_recipe(net=NET)
    with stop_after(30), pytest.raises(KeyboardInterrupt):
        train(recipe, output=tmp_path / "run", progress=False)
    assert len(Checkpoints(tmp_path / "run" / "checkpoints").paths()) == 2
    return tmp_path / "run"


@pytest.mark.parametrize("harm", ["truncated", "flipped", "emptied", "pickled", "no hash"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, write_recipe, tmp_path, capsys, harm):
    newest, _ = Checkpoints(stopped / "checkpoints").paths()
    data = newest.read_bytes()
    damaged = {
        "truncated": data[:-1],
        "flipped": data[:1000] + bytes([data[1000] ^ 1]) + data[1001:],
        "emptied": b"",
        "pickled": pickle.dumps(Bomb(tmp_path / "gone off")),
        "no hash": data,
    }
    newest.write_bytes(damaged[harm])
    if harm == "no hash":
        newest.with_suffix(".sha256").write_bytes(b"\xff")
    train(resume=stopped)
    error = capsys.readouterr().err
    assert f"note: {newest}" in error
    assert "taking the checkpoint before it" in error
    assert "going on after step 23" in error
    assert not (tmp_path / "gone off").exists()
    train(write_recipe(net=NET), output=tmp_path / "whole", progress=False)
    assert contents(stopped) == contents(tmp_path / "whole")


class Bomb:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return os.mkdir, (str(self._path),)


def test_a_pickle_whose_hash_is_right_is_refused_all_the_same(stopped, tmp_path):
    for path in Checkpoints(stopped / "checkpoints").paths():
        data = pickle.dumps(Bomb(tmp_path / "gone off"))
        path.write_bytes(data)
        path.with_suffix(".sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
    with pytest.raises(RunError, match=r"no checkpoint in .* is whole: start a new run"):
        train(resume=stopped, progress=False)
    assert not (tmp_path / "gone off").exists()


def test_a_checkpoint_of_another_spec_is_refused_with_the_difference(stopped):
    spec = stopped / "spec" / "net.yaml"
    spec.write_text(spec.read_text().replace("[1, 4, 3]", "[1, 4, 3, {bias: false}]"))
    with pytest.raises(RunError) as caught:
        train(resume=stopped, progress=False)
    text = str(caught.value)
    assert "it began with another recipe or spec" in text
    assert "-  conv: {Conv2d: [1, 4, 3]}\n+  conv: {Conv2d: [1, 4, 3, {bias: false}]}" in text


def test_a_recipe_given_with_resume_must_be_the_run_s(stopped, write_recipe):
    with pytest.raises(RunError, match=r"(?s)-    lr: 0.003\n\+    lr: 0.004"):
        train(write_recipe(("lr: 3e-3", "lr: 4e-3"), net=NET), resume=stopped, progress=False)
    assert len(train(write_recipe(net=NET), resume=stopped, progress=False).epochs) == 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epochs": 5}, "only `device` may be given anew"),
        ({"output": "other"}, "give `resume` or `output`, not both"),
    ],
)
def test_a_resumed_run_keeps_its_recipe(stopped, options, text):
    with pytest.raises(RunError, match=text):
        train(resume=stopped, progress=False, **options)


def test_a_folder_without_a_run_is_told_apart_from_none(tmp_path):
    with pytest.raises(RunError, match="holds no run"):
        train(resume=tmp_path)
    with pytest.raises(RunError, match="there is no folder"):
        train(resume=tmp_path / "nowhere")


def test_two_runs_in_one_folder_are_kept_apart(stopped):
    with locked(stopped), pytest.raises(RunError, match="another run is at work in"):
        train(resume=stopped, progress=False)


def test_other_versions_are_said(stopped, capsys):
    versions = json.loads((stopped / "versions.json").read_text())
    (stopped / "versions.json").write_text(json.dumps(versions | {"torch": "2.0"}))
    train(resume=stopped)
    assert f"note: torch was 2.0 when the run began and is {torch.__version__} now" in capsys.readouterr().err


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_full_while_saving_leaves_the_checkpoints_whole(stopped):
    """The limit on the size of a file stands for the full disk: the write fails in the middle."""
    size = max(path.stat().st_size for path in (stopped / "checkpoints").iterdir())
    before = {path.name: path.read_bytes() for path in (stopped / "checkpoints").iterdir()}

    def run():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with pytest.raises(RunError, match=r"cannot be written .File too large.: make room"):
            train(resume=stopped, progress=False)

    assert in_a_fork(run)
    after = {path.name: path.read_bytes() for path in (stopped / "checkpoints").iterdir()}
    assert before.items() <= after.items()
    train(resume=stopped, progress=False)


def test_a_run_folder_that_cannot_be_written_is_named(write_recipe, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="the run folder cannot be made"):
        train(write_recipe(), output=tmp_path / "file" / "run", progress=False)


def test_two_runs_of_one_recipe_give_the_same_bytes(write_recipe, tmp_path):
    for name in ("first", "second"):
        train(write_recipe(net=NET), output=tmp_path / name, progress=False)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
