"""The mutation study on a sample: specs with one mistake each, of every kind.

`python -m benchmarks.mutation` runs the whole study; docs/mutation.md has its table.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")
pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]
# The study is a command; it is no part of the package that gets installed.
sys.path.insert(0, str(ROOT))

from benchmarks.mutation.judge.verdict import judge, network  # noqa: E402
from benchmarks.mutation.mutants import KINDS, mutants, originals  # noqa: E402
from benchmarks.mutation.study import study  # noqa: E402
from benchmarks.mutation.table import counted  # noqa: E402

BUILDERS = (
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "googlenet",
    "mobilenet_v3_small",
    "resnet50",
    "vit_b_32",
)


@pytest.fixture(scope="module")
def sample() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return study(mutants(2), processes=1)


def test_there_are_mutants_of_every_kind(sample: Any) -> None:
    assert {each.mutant.kind for each in sample} == set(KINDS)
    assert len({(each.mutant.path, each.mutant.text) for each in sample}) >= 120


def test_no_mutant_that_is_right_is_called_an_error(sample: Any) -> None:
    assert [each for each in sample if each.reported and not each.verdict.wrong] == []


def test_what_is_wrong_is_reported_at_its_place_and_once(sample: Any) -> None:
    counts = counted(sample)
    assert counts["reported"] >= 0.97 * counts["wrong"]
    assert counts["at its line"] >= 0.78 * counts["wrong"]
    assert counts["one finding"] >= 0.87 * counts["wrong"]
    assert counts["mended"] >= 0.60 * counts["wrong"]


@pytest.mark.parametrize("name", BUILDERS)
def test_the_judge_builds_what_torchvision_builds(name: str) -> None:
    path = ROOT / "specs" / "torchvision" / f"{name}.yaml"
    built, _ = network(path.read_text(encoding="utf-8"), path)
    with torch.device("meta"):
        wanted = models.get_model(name, weights=None)
    shapes = [(key, value.shape) for key, value in built.state_dict().items()]
    assert shapes == [(key, value.shape) for key, value in wanted.state_dict().items()]


def test_the_judge_finds_every_spec_right() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Variants take long and are tested as what torchvision builds.
        found = {
            each.path.stem: judge(each.text, each.path) for each in originals() if "\nmodel:" not in each.text
        }
    assert {name: verdict for name, verdict in found.items() if verdict.wrong} == {}
