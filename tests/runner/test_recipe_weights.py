"""`model` may start from a file of weights: alone, with its own spec, or beside another."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.runner.recipe.load import check_recipe

pytestmark = pytest.mark.torch

FIXTURES = Path(__file__).parents[1] / "fixtures" / "recipes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets").symlink_to(FIXTURES / "nets")
    netspec.save(netspec.compile(FIXTURES / "nets" / "classifier.yaml"), tmp_path / "start.safetensors")
    netspec.save(netspec.compile(FIXTURES / "nets" / "gpt.yaml"), tmp_path / "gpt.safetensors")
    return tmp_path


def codes(folder: Path, model: str) -> list[str]:
    text = (FIXTURES / "clean_classification.yaml").read_text()
    (folder / "recipe.yaml").write_text(text.replace("model: nets/classifier.yaml", f"model: {model}"))
    return [found.code for found in check_recipe(folder / "recipe.yaml").diagnostics]


def test_a_safe_file_brings_its_spec(folder: Path) -> None:
    assert codes(folder, "start.safetensors") == []
    checked = check_recipe(folder / "recipe.yaml")
    assert checked.recipe is not None
    assert checked.recipe.model.weights == "start.safetensors"
    assert checked.spec is not None
    assert checked.spec.graph is not None
    assert checked.spec.graph.name == "Classifier"


def test_weights_beside_a_spec(folder: Path) -> None:
    assert codes(folder, "{spec: nets/classifier.yaml, weights: start.safetensors}") == []
    # No name is that of a parameter there, but for the head's.
    assert codes(folder, "{spec: nets/classifier.yaml, weights: gpt.safetensors}") == []
    (folder / "start.safetensors").write_bytes(b"\x80\x04 a pickle")
    assert codes(folder, "{spec: nets/classifier.yaml, weights: start.safetensors}") == ["NS703"]
    assert codes(folder, "start.safetensors") == ["NS703"]


def test_weights_of_another_network_are_reported(folder: Path) -> None:
    netspec.save(netspec.compile(FIXTURES / "nets" / "two.yaml"), folder / "two.safetensors")
    assert codes(folder, "{spec: nets/classifier.yaml, weights: two.safetensors}") == ["NS703"]
