"""The run folder: everything that a run was made of and everything that it made.

recipe.yaml         the recipe as run, with overrides put in; it runs again from here
spec/               the spec as run
versions.json       versions, device, seed
metrics.jsonl       one line for each epoch
last.safetensors    the weights after the last epoch
best.safetensors    the weights of the best epoch
manifest.json       SHA-256 of both
"""

from __future__ import annotations

import itertools
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml

from netspec.resolve.params import literal
from netspec.runner.checkpoint import write_text
from netspec.runner.errors import RunError
from netspec.runner.recipe.load import CheckedRecipe
from netspec.version import VERSION

BEST, LAST, METRICS = "best.safetensors", "last.safetensors", "metrics.jsonl"


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


def write_inputs(folder: Path, checked: CheckedRecipe, *, device: torch.device, precision: str) -> None:
    """Record the recipe and the spec as run, and what ran them."""
    recipe, spec = checked.recipe, checked.spec
    assert recipe is not None
    assert spec is not None
    name = Path(spec.source.path).name
    (folder / "spec").mkdir()
    write_text(folder / "spec" / name, spec.source.text)
    as_run = literal(recipe.root)
    model: dict[str, Any] = {"spec": f"spec/{name}"}
    as_run["model"] = model | ({"params": dict(recipe.model.params)} if recipe.model.params else {})
    write_text(folder / "recipe.yaml", yaml.safe_dump(as_run, sort_keys=False, allow_unicode=True))
    versions = {
        "netspec": VERSION,
        "torch": torch.__version__,
        **{name: version(name) for name in ("torchvision", "safetensors", "numpy")},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": str(device),
        "threads": torch.get_num_threads(),
        "precision": precision,
        "seed": recipe.seed,
    }
    write_text(folder / "versions.json", json.dumps(versions, indent=2) + "\n")


def append_metrics(folder: Path, line: dict[str, Any]) -> None:
    with (folder / METRICS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
