"""Trained weights are measured as the run measured them, and say of a picture what the network says."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import netspec
from netspec.cli.main import main
from netspec.errors import NetspecError
from netspec.runner.data.digits import load_digits
from netspec.runner.train import train

pytestmark = pytest.mark.torch
CHANGES = (("{Resize: 28}", "{Resize: {size: [28, 28]}}"), ("  augment", "  #"), ("epochs: 2", "epochs: 3"))


@pytest.fixture(autouse=True)
def one_thread(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def digits(write_recipe, tmp_path):
    """A run on the digits."""
    return train(write_recipe(*CHANGES), output=tmp_path / "run", progress=False)


@pytest.fixture
def scans(tmp_path):
    """Twelve digits of the test set as pictures, 255 for white."""
    test = load_digits(split="test")
    (tmp_path / "scans").mkdir()
    for index in range(12):
        pixels = (test.values["image"][index, 0].float() * (255 / 16)).round().to(torch.uint8)
        Image.fromarray(pixels.numpy()).save(tmp_path / f"scans/{index:02}.png")
    return tmp_path / "scans", test.values["label"][:12].tolist()


def test_evaluating_gives_the_run_s_last_figures_to_the_bit(digits, tmp_path, capsys):
    for path in (tmp_path / "run", digits.weights):
        found = netspec.evaluate(path)
        assert found.metrics == digits.metrics
        assert (found.samples, found.data) == (382, "Digits (test)")
    assert main(["evaluate", "run", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"] == digits.metrics
    assert main(["evaluate", "run"]) == 0
    assert "on 382 samples of Digits (test), with run/last.safetensors on cpu" in capsys.readouterr().out


def test_a_validation_set_decides_which_weights(write_recipe, tmp_path):
    validated = ("  test:", "  validation: {Digits: {split: test}}\n  test:")
    result = train(write_recipe(*CHANGES, validated), output=tmp_path / "run", progress=False)
    found = netspec.evaluate(tmp_path / "run")
    assert found.weights.endswith("best.safetensors")
    assert found.metrics == result.metrics


def test_a_file_by_itself_is_measured_on_a_recipe_s_data(digits, write_recipe, tmp_path):
    alone = tmp_path / "alone" / "net.safetensors"
    alone.parent.mkdir()
    shutil.copy(digits.weights, alone)
    with pytest.raises(
        NetspecError, match=r"net\.safetensors lies in no run folder.*name a recipe as `data`"
    ):
        netspec.evaluate(alone)
    assert netspec.evaluate(alone, data=write_recipe(*CHANGES)).metrics == digits.metrics
    by_chance = ["data.test.Digits.by=random", "data.train.Digits.by=random"]
    other = netspec.evaluate(alone, data=write_recipe(*CHANGES), set=by_chance)
    assert other.metrics != digits.metrics


def test_pictures_get_the_class_that_the_network_gives_them(digits, scans, tmp_path, capsys):
    folder, labels = scans
    said = list(netspec.predict(tmp_path / "run", [folder], top=3))
    assert [each["picture"].rsplit("/", 1)[1] for each in said] == [f"{n:02}.png" for n in range(12)]
    test = load_digits(split="test")
    images = torch.nn.functional.interpolate(
        test.values["image"][:12].float() / 16, (28, 28), mode="bilinear", antialias=True
    )
    expected = digits.module((images - 0.3) / 0.3).exp().detach()
    assert [each["class"] for each in said] == expected.argmax(1).tolist()
    assert sum(each["class"] == label for each, label in zip(said, labels, strict=True)) >= 9
    for each, row in zip(said, expected, strict=True):
        assert each["probability"] == pytest.approx(float(row.max()), abs=0.02)
        assert [one["class"] for one in each["top"]] == row.topk(3).indices.tolist()
    # A file alone says how pictures are prepared.
    alone = tmp_path / "net.safetensors"
    shutil.copy(digits.weights, alone)
    assert main(["predict", str(alone), str(folder / "03.png"), str(folder), "--workers", "1"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 13
    assert lines[0] == {key: said[3][key] for key in ("picture", "class", "probability")}


def test_classes_have_the_names_of_their_folders(write_recipe, tmp_path):
    for part in ("train", "test"):
        for shade, name in ((40, "dark"), (200, "light")):
            for index in range(6):
                path = tmp_path / part / name / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.full((30, 30), shade + 5 * index, np.uint8)).save(path)
    recipe = write_recipe(
        ("{Digits: {split: train}}", "{ImageFolder: train}"),
        ("{Digits: {split: test}}", "{ImageFolder: test}"),
        ("[{Resize: 28},", "[Grayscale, {Resize: {size: [28, 28]}},"),
        ("batch_size: 64", "batch_size: 4"),
        ("  augment", "  #"),
        ("epochs: 2", "epochs: 10"),
        net=(("[676, 10]", "[676, 2]"),),
    )
    train(recipe, output=tmp_path / "run", progress=False)
    said = list(netspec.predict(tmp_path / "run", ["test"]))
    assert [each["class"] for each in said] == ["dark"] * 6 + ["light"] * 6


def test_other_networks_give_their_output(write_recipe, scans, tmp_path):
    changes = (
        ("loss: nll_loss\nmetrics: [accuracy]", "loss: mse_loss"),
        ("  batch", "  target: image\n  batch"),
    )
    net = (
        (
            "  - {flatten: 1}\n  - fc\n  - {log_softmax: {dim: 1}}\n",
            "  - {interpolate: {size: 28}}\n  - head\n",
        ),
        ("  fc: {Linear: [676, 10]}", "  head: {Conv2d: [4, 1, 1]}"),
    )
    train(write_recipe(*CHANGES, *changes, net=net), output=tmp_path / "run", progress=False)
    (said,) = netspec.predict(tmp_path / "run", [scans[0] / "00.png"])
    assert np.array(said["output"]).shape == (1, 28, 28)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone", "a.png"], "there is no gone: give a run folder, or a file of weights"),
        (["scans", "a.png"], "scans holds no run"),
        (["run", "gone.png"], "gone.png does not exist"),
        (["run", "broken.png"], "broken.png cannot be decoded (it is of no known kind)"),
        (["net.yaml", "scans/00.png"], "net.yaml is no safetensors file"),
        (["plain.safetensors", "scans/00.png"], "plain.safetensors does not say how pictures are prepared"),
    ],
)
def test_faults_are_said(digits, scans, tmp_path, capsys, arguments, message):
    (tmp_path / "broken.png").write_bytes(b"<html>")
    netspec.save(netspec.compile("net.yaml"), "plain.safetensors")
    assert main(["predict", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_picture_of_other_proportions_is_named(write_recipe, scans, tmp_path):
    train(
        write_recipe(("  augment", "  #"), ("epochs: 2", "epochs: 1")),
        output=tmp_path / "run",
        progress=False,
    )
    Image.fromarray(np.zeros((10, 20), np.uint8)).save(tmp_path / "wide.png")
    with pytest.raises(
        NetspecError, match=r"wide\.png has the shape \[1, 28, 56\] .* trained on \[1, 28, 28\]"
    ):
        netspec.predict(tmp_path / "run", ["wide.png"])
