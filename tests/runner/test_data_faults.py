"""Faults of the data in a run: it ends with the reason, and goes on to the same bits once they are mended."""

import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from netspec.cli.main import main
from netspec.runner.data.convert import OneByOne
from netspec.runner.data.folders import ClassFolders
from netspec.runner.errors import RunError
from netspec.runner.train import train

pytestmark = pytest.mark.torch
WORKERS = ("batch_size: 64", "batch_size: 64\n  workers: 2")


@pytest.fixture(autouse=True)
def one_thread(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(recipe, output, **more):
    return train(recipe, output=output, progress=False, **more)


def test_a_run_whose_worker_was_killed_goes_on_to_the_same_bits(write_recipe, tmp_path, monkeypatch):
    recipe = write_recipe(WORKERS, ("seed: 0", "seed: 0\ncheckpoint: {steps: 5}"))
    run(recipe, tmp_path / "whole")
    read = OneByOne.read

    def dying(self, index):
        if index == 1000 and len(self) == 1415:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, index)

    monkeypatch.setattr(OneByOne, "read", dying)
    with pytest.raises(
        RunError, match=r"was ended by signal 9 .*`--resume` goes on from the last checkpoint"
    ):
        run(recipe, tmp_path / "cut")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    train(resume=tmp_path / "cut", progress=False)
    whole, cut = (tmp_path / name / "last.safetensors" for name in ("whole", "cut"))
    assert whole.read_bytes() == cut.read_bytes()


@pytest.fixture
def photos(tmp_path, write_recipe):
    """Pictures of two classes, and a recipe that streams them."""
    random = np.random.default_rng(0)
    for part, count in (("train", 12), ("test", 4)):
        for number, name in enumerate(("dark", "light")):
            folder = tmp_path / "photos" / part / name
            folder.mkdir(parents=True)
            for index in range(count):
                shade = random.integers(0, 100, (30, 30), dtype=np.uint8) + 120 * number
                Image.fromarray(shade.astype(np.uint8)).save(folder / f"{index:02}.png")
    return write_recipe(
        ("{Digits: {split: train}}", "{ImageFolder: photos/train}"),
        ("{Digits: {split: test}}", "{ImageFolder: photos/test}"),
        ("[{Resize: 28},", "[Grayscale, {Resize: {size: [28, 28]}},"),
        ("batch_size: 64", "batch_size: 8"),
        net=(("[676, 10]", "[676, 2]"),),
    )


def test_pictures_in_folders_are_learnt_the_same_streamed_and_in_memory(photos, tmp_path):
    streamed = run(photos, tmp_path / "a", set=["data.workers=1"])
    here = run(photos, tmp_path / "b")
    assert streamed.accuracy == 1.0
    assert streamed.weights.read_bytes() == here.weights.read_bytes()
    # Without augmentation, both see the same pictures.
    options = ["data.augment=[]", "epochs=1"]
    loaded = run(photos, tmp_path / "c", set=[*options, "data.in_memory=true"])
    again = run(photos, tmp_path / "d", set=options)
    assert loaded.metrics["loss"] == pytest.approx(again.metrics["loss"], rel=1e-4)


@pytest.mark.parametrize("name", ["photos/train/dark/05.png", "photos/test/light/01.png"])
def test_a_flipped_bit_is_found_when_a_run_goes_on(photos, tmp_path, monkeypatch, name):
    read, seen = ClassFolders.read, []

    def interrupting(self, index):
        seen.append(index)
        if len(seen) == 20:
            signal.raise_signal(signal.SIGINT)
        return read(self, index)

    monkeypatch.setattr(ClassFolders, "read", interrupting)
    with pytest.raises(KeyboardInterrupt, match="epoch 1"):
        run(photos, tmp_path / "run")
    data = bytearray((tmp_path / name).read_bytes())
    data[-20] ^= 2
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RunError, match=rf"not those that the run began with: {name} has changed"):
        train(resume=tmp_path / "run", progress=False)


def test_an_empty_picture_ends_netspec_train_with_its_name(photos, tmp_path, capsys):
    (tmp_path / "photos/train/dark/03.png").write_bytes(b"")
    assert main(["train", str(photos), "--output", str(tmp_path / "run")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "netspec: photos/train/dark/03.png is empty: mend it, or take it out of the folder"
