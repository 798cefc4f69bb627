"""`netspec init --recipe SPEC` writes a recipe that passes the checks, for everything that can be trained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import netspec
from netspec.cli.main import main
from netspec.diagnostics import Collector, Source
from netspec.errors import NetspecError
from netspec.files import read_source
from netspec.pipeline import check
from netspec.runner.recipe.draft import draft
from netspec.runner.recipe.load import check_source

ROOT = Path(__file__).parents[2]
# One of each family; the others differ in sizes.
FAMILIES = (
    "alexnet convnext_tiny deeplabv3_resnet50 densenet121 fcn_resnet50 lraspp_mobilenet_v3_large mobilenet_v2"
    " r3d_18 regnet_x_400mf resnet18 shufflenet_v2_x0_5 squeezenet1_1 vgg11"
).split()
SPECS = sorted(
    [
        *(f"specs/torchvision/{name}.yaml" for name in FAMILIES),
        *(
            str(path.relative_to(ROOT))
            for folder in ("specs", "specs/networks", "specs/recipes/networks")
            for path in (ROOT / folder).glob("*.yaml")
        ),
    ]
)


def drafted(path: str) -> str:
    source = read_source(path, Collector())
    assert source is not None
    return draft(path, check(source))


@pytest.mark.parametrize("spec", SPECS)
def test_the_recipe_of_a_shipped_spec_is_clean(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check_source(Source("recipe.yaml", drafted(spec))).report.diagnostics == ()


@pytest.mark.parametrize(
    ("spec", "lines"),
    [
        ("specs/mnist.yaml", ["loss: nll_loss", "metrics: [accuracy]"]),
        ("specs/networks/unet.yaml", ["loss: cross_entropy", "metrics: [mean_iou]"]),
        ("specs/networks/gpt2.yaml", ["loss: cross_entropy", "metrics: [perplexity]"]),
        ("specs/networks/image_and_table.yaml", ["loss: mse_loss"]),
        ("specs/networks/dcgan_discriminator.yaml", ["loss: binary_cross_entropy"]),
        ("specs/recipes/networks/autoencoder.yaml", ["  target: image", "loss: mse_loss"]),
        ("specs/recipes/networks/shape_reader.yaml", ["losses:"]),
    ],
)
def test_inputs_and_outputs_tell_the_task(
    spec: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert set(lines) <= set(drafted(spec).splitlines())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("specs/torchvision/googlenet.yaml", "another when it is measured"),
        ("tests/fixtures/recipes/nets/listed.yaml", "`images` is a list of tensors"),
    ],
)
def test_what_no_recipe_can_train_is_said_so(spec: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(NetspecError, match=why):
        drafted(spec)


def test_the_command_writes_it_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = os.path.relpath(ROOT / "specs" / "mnist.yaml", tmp_path)
    assert main(["init", "--recipe", spec]) == 0
    assert capsys.readouterr().out == "mnist_recipe.yaml\n"
    assert main(["validate", "mnist_recipe.yaml"]) == 0
    before = Path("mnist_recipe.yaml").read_text()
    assert main(["init", "--recipe", spec]) == 2
    assert "mnist_recipe.yaml" in capsys.readouterr().err
    assert Path("mnist_recipe.yaml").read_text() == before


@pytest.mark.torch
def test_a_drafted_recipe_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    path = tmp_path / "recipe.yaml"
    spec = ROOT / "tests" / "fixtures" / "recipes" / "nets" / "classifier.yaml"
    path.write_text(drafted(os.path.relpath(spec, ROOT)).replace("model: tests", f"model: {ROOT}/tests"))
    result = netspec.train(path, epochs=1, output=tmp_path / "run", progress=False)
    assert set(result.metrics) == {"loss", "accuracy"}
