"""The run folder: everything that a run was made of and everything that it made.

recipe.yaml         the recipe as run, with overrides put in; it runs again from here
spec/               the spec as run, and the files that it uses
versions.json       versions, device, seed
data.json           the SHA-256 of each data file
metrics.jsonl       the figures of each epoch, a line each
metrics.csv         the same as a table
times.jsonl         how long each took
checkpoints/        all that the run needs to go on
last.safetensors    weights and spec after the last epoch, for `netspec.open`
best.safetensors    the same of the best epoch
report.html         curves, the matrix of classes, the largest losses, the network, the recipe
plots/              its plots, as SVG and PNG
tensorboard/        event files, where TensorBoard is installed
trackers.json       which run this is for MLflow and Weights & Biases
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml
from filelock import FileLock, Timeout

from netspec.atomic import replace_whole
from netspec.carry.record import bundle_of
from netspec.files import ROOT_MARK
from netspec.resolve.params import literal
from netspec.runner.errors import RunError
from netspec.runner.recipe.load import CheckedRecipe
from netspec.runner.recipe.records import Recipe
from netspec.version import VERSION

BEST, LAST, METRICS, TIMES = "best.safetensors", "last.safetensors", "metrics.jsonl", "times.jsonl"
TABLE, TRACKERS = "metrics.csv", "trackers.json"
RECIPE, VERSIONS, DATA = "recipe.yaml", "versions.json", "data.json"
SPEC, CHECKPOINTS = "spec", "checkpoints"
REPORT, PLOTS = "report.html", "plots"


def create_folder(name: str, output: str | Path | None) -> Path:
    """A new folder: `output`, or `runs/NAME-DATE-TIME`. RunError where `output` holds something already."""
    try:
        if output is not None:
            folder = Path(output)
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise RunError(
                    f"{folder} holds files already, and no run overwrites any: choose another `output`"
                )
            return folder
        return _fresh(Path("runs"), f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")
    except OSError as error:
        raise RunError(f"the run folder cannot be made: {error}") from None


def _fresh(parent: Path, name: str) -> Path:
    """A folder that did not exist; two runs in one second get two names."""
    parent.mkdir(parents=True, exist_ok=True)
    for suffix in itertools.chain([""], (f"-{number}" for number in itertools.count(2))):
        folder = parent / (name + suffix)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("count() does not end")


def inputs_as_run(checked: CheckedRecipe) -> dict[str, str]:
    """The recipe and the files of its spec, as texts by their paths in the run folder."""
    recipe, spec = checked.recipe, checked.spec
    assert recipe is not None
    assert spec is not None
    bundle = bundle_of(spec.source, (document.source for document in spec.used))
    as_run = literal(recipe.root)
    as_run["model"] = _model(f"{SPEC}/{bundle.main}", recipe)
    text = yaml.safe_dump(as_run, sort_keys=False, allow_unicode=True)
    return {**{f"{SPEC}/{name}": text for name, text in bundle.files}, RECIPE: text}


def _model(spec: str, recipe: Recipe) -> dict[str, Any]:
    model: dict[str, Any] = {"spec": spec}
    if recipe.model.params:
        model["params"] = dict(recipe.model.params)
    if recipe.model.weights is not None:
        model["weights"] = os.path.abspath(Path(recipe.path).parent / recipe.model.weights)
    return model


def write_inputs(
    folder: Path, inputs: Mapping[str, str], versions: Mapping[str, Any], data: Mapping[str, str]
) -> None:
    """Record what is run, with what, and on what; the recipe comes last and makes the folder a run's."""
    try:
        for name, record in ((VERSIONS, versions), (DATA, data)):
            write_text(folder / name, json.dumps(record, indent=2) + "\n")
        write_text(folder / ROOT_MARK, "")
        for name, text in inputs.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_text(folder / name, text)
    except OSError as error:
        raise RunError(f"{folder} cannot be written ({error.strerror}): choose another `output`") from None


def versions_of_run(recipe: Recipe, device: torch.device, precision: str) -> dict[str, Any]:
    """All that the bits of a run may depend on besides its inputs."""
    return {
        "netspec": VERSION,
        "torch": torch.__version__,
        **{name: version(name) for name in ("torchvision", "safetensors", "numpy")},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device.type,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "seed": recipe.seed,
    }


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder for this process. RunError where another run holds it."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(
            f"another run is at work in {folder}: wait for it, or choose another `output`"
        ) from None
    except OSError as error:
        raise RunError(f"{folder} cannot be written ({error.strerror}): choose another `output`") from None
    try:
        yield
    finally:
        lock.release()


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all. OSError where the disk refuses."""
    replace_whole(path, (text.encode(),))
