"""The schema of recipes: committed as made, true of the shipped recipes, no stricter than the checker."""

import json
from pathlib import Path

import jsonschema
import pytest

from netspec.diagnostics import Collector, Source
from netspec.resolve.params import literal
from netspec.runner.recipe.load import check_source
from netspec.runner.recipe.schema import FILE, recipe_schema
from netspec.schema.spec import text
from netspec.syntax import read

RECIPES = sorted((Path(__file__).parents[2] / "specs" / "recipes").glob("*.yaml"))
VALIDATOR = jsonschema.Draft7Validator(recipe_schema())
DIGITS = next(path for path in RECIPES if path.stem == "digits").read_text()


def faults(recipe):
    document = read(Source("recipe.yaml", recipe), Collector())
    return list(VALIDATOR.iter_errors(literal(document.root)))


def test_the_committed_file_is_what_the_code_makes():
    jsonschema.Draft7Validator.check_schema(recipe_schema())
    assert FILE.read_text() == text(recipe_schema())
    assert json.loads(FILE.read_text()) == recipe_schema()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_shipped_recipes_pass(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "change",
    [
        ("epochs:", "epoch:"),
        ("batch_size: 64", "batch_size: many"),
        ("lr:", "learning_rate:"),
        ("recipe: digits", "recipe: [digits]"),
        ("precision: auto", "precision: fp8"),
    ],
)
def test_what_it_rejects_the_checker_rejects_too(change):
    old, new = change
    changed = DIGITS.replace(old, new) if old in DIGITS else DIGITS + f"\n{new}\n"
    assert changed != DIGITS
    assert faults(changed)
    assert not check_source(Source(str(RECIPES[0]), changed)).report.ok


def test_components_and_their_arguments_are_completed():
    optimizers = VALIDATOR.schema["definitions"]["optimizer"]["anyOf"]
    assert "AdamW" in optimizers[0]["enum"]
    assert "lr" in VALIDATOR.schema["definitions"]["optimizer:AdamW"]["properties"]


GOLDENS = sorted((Path(__file__).parents[1] / "fixtures" / "recipes").glob("clean_*.yaml"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_what_the_checker_accepts_passes(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "accumulate: many", "clip: {norm: 1.0, most: 3}", "warmup: long", "early_stopping: {metric: loss}",
        "checkpoint: {every: 3}", "compile: 3", "parallel: fdsp", "freeze: {a: b}", "groups: [{lr: 1}]",
        "trackers: TensorBoard", "losses: [mse_loss]", "best: 3",
    ],
)  # fmt: skip
def test_faulty_new_keys_are_rejected_by_both(line):
    changed = f"{DIGITS}\n{line}\n"
    if line.startswith("losses"):
        changed = changed.replace("loss: nll_loss\n", "")
    rejected = not check_source(Source(str(RECIPES[0]), changed)).report.ok
    assert rejected
    # `freeze` takes a text or a list, which the schema leaves open.
    assert faults(changed) or line.startswith("freeze")
