"""A recipe becomes a trained network and a run folder that says how it was made."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import netspec
from netspec.errors import SpecError
from netspec.runner import train as train_module
from netspec.runner.checkpoints import read_checkpoint
from netspec.runner.errors import RunError
from netspec.runner.seeds import derived, order
from netspec.runner.signals import interruptible
from netspec.runner.table import final_table, final_text, how_to_use
from netspec.runner.train import train

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # What is measured here is compared bit for bit, and the machine may be busy.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run(recipe, output, *sets, **more):
    return train(recipe, output=output, set=sets, progress=False, **more)


def test_training_learns_the_digits(write_recipe, tmp_path):
    result = run(write_recipe(), tmp_path / "run", epochs=12)
    assert [epoch.number for epoch in result.epochs] == list(range(1, 13))
    assert result.accuracy > 0.9
    assert result.epochs[-1].test["loss"] < result.epochs[0].test["loss"]
    assert result.epochs[-1].train_loss < result.epochs[0].train_loss


def test_the_reference_network_learns_the_digits(tmp_path):
    recipe = Path(__file__).parents[2] / "specs" / "recipes" / "digits.yaml"
    result = run(recipe, tmp_path / "run", epochs=4)
    assert result.accuracy > 0.85
    assert result.epochs[-1].test["loss"] < result.epochs[0].test["loss"] / 2


def test_one_seed_gives_one_run_bit_for_bit(write_recipe, tmp_path):
    recipe = write_recipe()
    torch.manual_seed(1)
    first = run(recipe, tmp_path / "a")
    torch.manual_seed(2)
    torch.rand(100)
    again = run(recipe, tmp_path / "b")
    other = run(recipe, tmp_path / "c", "seed=1")
    assert (tmp_path / "a/last.safetensors").read_bytes() == (tmp_path / "b/last.safetensors").read_bytes()
    assert [each.test for each in first.epochs] == [each.test for each in again.epochs]
    assert first.epochs[0].test != other.epochs[0].test


def test_the_caller_s_random_numbers_go_on_as_if_nothing_had_run(write_recipe, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(write_recipe(), tmp_path / "run", epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_the_run_folder_holds_everything(write_recipe, tmp_path):
    result = run(write_recipe(), tmp_path / "run", "optimizer.AdamW.lr=2e-3", epochs=1)
    names = {
        path.relative_to(result.folder).as_posix() for path in result.folder.rglob("*") if path.is_file()
    }
    (events,) = (name for name in names if name.startswith("tensorboard/events.out.tfevents."))
    assert names - {events} == {
        "recipe.yaml", "spec/net.yaml", "versions.json", "metrics.jsonl", "metrics.csv", "times.jsonl",
        "data.json",
        "last.safetensors", "best.safetensors", ".lock", ".netspec-root",
        "checkpoints/step-00000023.safetensors", "checkpoints/step-00000023.sha256", "report.html",
        *(f"plots/{name}.svg" for name in ("loss", "accuracy", "learning-rate", "confusion")),
        *(f"plots/{name}.png" for name in ("loss", "accuracy", "learning-rate", "confusion")),
    }  # fmt: skip
    versions = json.loads((result.folder / "versions.json").read_text())
    assert (versions["torch"], versions["device"], versions["seed"]) == (torch.__version__, "cpu", 0)
    (line,) = (result.folder / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line)["test"] == result.metrics


def test_a_run_repeats_from_its_own_folder(write_recipe, tmp_path):
    first = run(write_recipe(), tmp_path / "a", "optimizer.AdamW.lr=2e-3", epochs=1)
    again = run(first.folder / "recipe.yaml", tmp_path / "b")
    assert first.weights.read_bytes() == again.weights.read_bytes()


def test_the_lines_it_ends_with_load_the_weights(write_recipe, tmp_path):
    result = run(write_recipe(), tmp_path / "run", epochs=1)
    text = how_to_use(result)
    assert str(result.weights) in text
    scope = {}
    exec("\n".join(line[4:] for line in text.splitlines() if line.startswith("    ")), scope)
    images = torch.rand(2, 1, 28, 28)
    assert not scope["net"].training
    assert torch.equal(scope["net"](images), result.module(images))


def test_runs_get_folders_of_their_own(write_recipe, tmp_path):
    recipe = write_recipe()
    first, again = (train(recipe, epochs=1, progress=False).folder for _ in range(2))
    assert first != again
    assert {first.parent.name, again.parent.name} == {"runs"}
    assert first.name.startswith("small-")


def test_a_run_overwrites_nothing(write_recipe, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("all of it")
    with pytest.raises(RunError, match="holds files already"):
        run(write_recipe(), tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_validation_set_chooses_the_weights(write_recipe, tmp_path):
    recipe = write_recipe(("  transform", "  validation: {Digits: {split: test, by: form}}\n  transform"))
    result = run(recipe, tmp_path / "run", "epochs=3")
    assert result.weights.name == "best.safetensors"
    assert result.chosen is result.best
    assert result.best.validation["accuracy"] == max(each.validation["accuracy"] for each in result.epochs)
    saved = load_file(result.weights)
    assert all(torch.equal(saved[name], value) for name, value in result.module.state_dict().items())


def test_a_faulty_recipe_makes_no_folder(write_recipe, tmp_path):
    with pytest.raises(SpecError, match="NS703"):
        run(write_recipe(), tmp_path / "run", "epochs=0")
    assert not (tmp_path / "run").exists()


def test_an_absent_device_makes_no_folder(write_recipe, tmp_path):
    with pytest.raises(RunError, match="PyTorch knows no device `gpu`"):
        run(write_recipe(), tmp_path / "run", device="gpu")
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_run(write_recipe, tmp_path):
    recipe = write_recipe(
        ("{AdamW: {lr: 3e-3}}", "{SGD: {lr: 1e30}}"), ("scheduler: {OneCycleLR: {max_lr: 1e-2}}\n", "")
    )
    with pytest.raises(
        RunError, match=r"the loss is (nan|inf) in epoch 1, step [23]: .* not finite .*Try a smaller learning"
    ):
        run(recipe, tmp_path / "run")


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_learns_too(write_recipe, tmp_path, precision):
    result = run(write_recipe(), tmp_path / "run", f"precision={precision}", epochs=2)
    assert result.epochs[1].test["accuracy"] > 0.4
    assert {value.dtype for value in load_file(result.weights).values()} == {torch.float32}


def test_the_table_marks_the_best_epoch(write_recipe, tmp_path):
    result = run(write_recipe(), tmp_path / "run", epochs=2)
    head, *rows = final_table(result).splitlines()
    assert head.split() == ["epoch", "train", "loss", "test", "loss", "test", "accuracy", "seconds"]
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert [row.endswith("best") for row in rows].count(True) == 1
    assert f"{result.accuracy:.2%} on 382 held-out samples" in final_text(result)


def test_netspec_train_is_the_same_call(write_recipe, tmp_path):
    result = netspec.train(write_recipe(), output=tmp_path / "run", epochs=1, progress=False)
    assert result.weights.exists()


def test_progress_is_plain_lines_where_there_is_no_terminal(write_recipe, tmp_path, capsys):
    train(write_recipe(), output=tmp_path / "run", epochs=2, set=["precision=fp32"])
    captured = capsys.readouterr()
    assert captured.out == ""
    start, first, second = captured.err.splitlines()
    assert start.startswith("training Small on Digits (train): 1,415 samples, 23 steps an epoch, cpu, fp32")
    assert first.startswith("epoch 1/2  train loss ")
    assert "test accuracy 0." in second


def test_progress_is_a_bar_on_a_terminal(write_recipe, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    train(write_recipe(), output=tmp_path / "run", epochs=1)
    error = capsys.readouterr().err
    assert "epoch 1/1:" in error
    assert "samples/s" in error


def test_ctrl_c_finishes_the_step_and_saves(write_recipe, tmp_path, monkeypatch):
    real, steps = train_module.fit, []

    def fit(job):
        class Pressing(type(job.progress)):
            def step(self, images, loss):
                steps.append(images)
                if len(steps) == 3:
                    os.kill(os.getpid(), signal.SIGINT)

        object.__setattr__(job, "progress", Pressing())
        real(job)

    monkeypatch.setattr(train_module, "fit", fit)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(
        KeyboardInterrupt, match="stopped in epoch 1, after step 3; go on with `netspec train"
    ):
        run(write_recipe(), tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) is before
    (path,) = (tmp_path / "run" / "checkpoints").glob("*.safetensors")
    assert read_checkpoint(path)["position"] == {"epoch": 1, "samples": 192, "step": 3}


def test_a_second_ctrl_c_leaves_at_once():
    with interruptible() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_an_ignored_ctrl_c_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as interrupt:
            signal.raise_signal(signal.SIGINT)
        assert not interrupt.asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_training_runs_outside_the_main_thread(write_recipe, tmp_path):
    results = []
    recipe = write_recipe()
    thread = threading.Thread(target=lambda: results.append(run(recipe, tmp_path / "run", epochs=1)))
    thread.start()
    thread.join()
    assert results[0].weights.exists()


def test_the_order_of_images_is_a_function_of_seed_and_epoch():
    assert sorted(order(0, 1, 50).tolist()) == list(range(50))
    assert torch.equal(order(0, 1, 50), order(0, 1, 50))
    assert not torch.equal(order(0, 1, 50), order(0, 2, 50))
    assert (
        len({derived(seed, purpose, epoch) for seed in (0, 1) for purpose in "ab" for epoch in (0, 1)}) == 8
    )


def test_checking_a_recipe_imports_no_torch(write_recipe):
    code = (
        "import sys; from netspec.runner.recipe.load import check_recipe; "
        f"assert check_recipe({str(write_recipe())!r}).report.ok; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment()).returncode == 0


def environment():
    root = os.path.dirname(os.path.dirname(netspec.__file__))
    return os.environ | {"PYTHONPATH": root}
