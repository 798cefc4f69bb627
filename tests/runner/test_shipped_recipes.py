"""Every recipe in `specs/recipes` is clean, and trains: some steps of it, on its own data where these ship
and on made ones elsewhere."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import netspec
from netspec.runner.recipe.figures import figures
from netspec.runner.recipe.load import check_recipe

ROOT = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in sorted((ROOT / "specs" / "recipes").glob("*.yaml"))}
FEW = "{Shapes: {split: train, count: 64}}", "{Shapes: {split: test, count: 32}}"
# What makes a recipe short enough for a test, and gives it data where it would have to fetch some.
SHORT = {
    "autoencoder": [],
    "cifar10": ["data.train={FakeData: {size: 24, image_size: [3, 32, 32]}}",
                "data.test={FakeData: {size: 16, image_size: [3, 32, 32], random_offset: 1}}",
                "data.batch_size=8", "compile=false", "model.params.depth=1"],
    "digits": [],
    "gpt": ["data.train.Text.stride=256", "model.params.depth=1"],
    "imagefolder": ["data.train.ImageFolder.root=train", "data.test.ImageFolder.root=test", "data.workers=0",
                    "data.transform.Resize.size=40", "data.transform.CenterCrop.size=32", "data.batch_size=4",
                    "model.params.num_classes=2"],
    "mnist": ["data.train={FakeData: {size: 96, image_size: [1, 28, 28]}}",
              "data.test={FakeData: {size: 32, image_size: [1, 28, 28], random_offset: 1}}"],
    "regression": [f"data.train={FEW[0]}", f"data.test={FEW[1]}"],
    "segmentation": [f"data.train={FEW[0]}", f"data.test={FEW[1]}", "model.params.width=4"],
    "two_tasks": [f"data.train={FEW[0]}", f"data.test={FEW[1]}"],
    "vae": [],
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_clean(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check_recipe(RECIPES[name]).diagnostics == ()


def test_each_is_trained() -> None:
    assert SHORT.keys() == RECIPES.keys()


@pytest.mark.torch
@pytest.mark.parametrize("name", RECIPES)
def test_it_trains(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    if name == "imagefolder":
        write_pictures(tmp_path)
        monkeypatch.chdir(tmp_path)
    overrides = [*SHORT[name], "warmup=", "early_stopping=", "device=cpu"]
    result = netspec.train(RECIPES[name], epochs=1, set=overrides, output=tmp_path / "run", progress=False)
    assert [each.code for each in result.report.errors] == []
    (epoch,) = result.epochs
    assert all(math.isfinite(figure) for figure in epoch.test.values())
    recipe = check_recipe(RECIPES[name]).recipe
    assert recipe is not None
    assert list(result.metrics) == list(figures(recipe.losses))


def write_pictures(folder: Path) -> None:
    from PIL import Image

    for part in ("train", "test"):
        for number, kind in enumerate(("bright", "dark")):
            (folder / part / kind).mkdir(parents=True)
            for sample in range(6):
                shade = 220 - 180 * number + sample
                Image.new("RGB", (48, 44 + sample), (shade, shade, 90)).save(
                    folder / part / kind / f"{sample}.png"
                )
