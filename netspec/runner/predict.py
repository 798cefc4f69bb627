"""Pictures -> what a trained network says of them: `predict("runs/digits-...", ["image.png"])`.

A file of weights that a run wrote says itself how pictures are prepared: the recipe's transforms, the
shape of an image, and what the classes are called.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.build.weights import open as open_safe
from netspec.carry import read_safe_file
from netspec.diagnostics import Collector, Source
from netspec.resolve.params import literal
from netspec.runner.data.batch import Batches
from netspec.runner.data.given import open_pictures
from netspec.runner.devices import choose_device
from netspec.runner.errors import RunError
from netspec.runner.objective import named_outputs
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component, Recipe
from netspec.runner.recipe.uses import read_components
from netspec.runner.trained import weights_of
from netspec.syntax import Mapping as MappingNode
from netspec.syntax import read

_KEY = "pictures"
_AT_ONCE = 64


def about_pictures(recipe: Recipe, train: Batches) -> dict[str, str]:
    """What a file of weights must say, so that pictures can be predicted from it alone; nothing where the
    network takes something else than one image."""
    facts, use = set_facts(recipe.data.train), recipe.losses[0]
    columns = tuple(recipe.data.inputs.values())
    if facts is None or len(columns) != 1 or facts.columns[columns[0]].kind != "image":
        return {}
    data = recipe.root.get("data")
    transform = data.get("transform") if isinstance(data, MappingNode) else None
    target = train.columns.get(use.target or "")
    classes = () if target is None else target.names
    content = {
        "transform": [] if transform is None else literal(transform),
        "channels": facts.columns[columns[0]].shape[0],
        "shape": train.columns[columns[0]].shape,
        "loss": use.loss.name if len(recipe.losses) == 1 else "",
        "classes": classes,
    }
    return {_KEY: json.dumps(content, ensure_ascii=False, sort_keys=True)}


def predict(
    run: str | os.PathLike[str],
    pictures: Sequence[str | os.PathLike[str]],
    *,
    top: int = 1,
    device: str | None = None,
    workers: int = 0,
) -> Iterator[dict[str, Any]]:
    """For each picture, and each below a folder, a dict with its path in `picture`. A classifier's has
    `class` and `probability`, and, for a `top` above 1, that many in `top`; any other network's has `output`.

    RunError where the weights do not say how pictures are prepared, or a picture cannot be read."""
    weights = str(weights_of(Path(run)))
    about = _about(weights)
    where = choose_device(device or "auto")
    transform = _transform(about, weights)
    batches = open_pictures(
        pictures, channels=about["channels"], transform=transform, device=where, workers=workers
    )
    found, trained = list(batches.columns["image"].shape), about["shape"]
    if found != trained:
        raise RunError(
            f"{batches.place('image', 0)} has the shape {found} behind the transforms, but the network was "
            f"trained on {trained}: cut it to the same proportions"
        )
    module = open_safe(weights, where).eval()
    return _predictions(module, batches, about, top)


def _predictions(
    module: torch.nn.Module, batches: Batches, about: Mapping[str, Any], top: int
) -> Iterator[dict[str, Any]]:
    for batch in batches.over(torch.split(torch.arange(len(batches)), _AT_ONCE), seed=0, epoch=0):
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "dropout2d: Received a 2-D input")
            outputs = named_outputs(module(*batch.inputs))
        for row, index in enumerate(batch.indices.tolist()):
            said = {name: output[row].float().cpu() for name, output in outputs.items()}
            yield {"picture": batches.place("image", index), **_said(said, about, top)}


def _said(outputs: Mapping[str | None, Tensor], about: Mapping[str, Any], top: int) -> dict[str, Any]:
    first = next(iter(outputs.values()))
    if about["loss"] not in ("cross_entropy", "nll_loss") or first.dim() != 1:
        if len(outputs) == 1:
            return {"output": first.tolist()}
        return {"output": {name: output.tolist() for name, output in outputs.items()}}
    probabilities = first.softmax(0) if about["loss"] == "cross_entropy" else first.exp()
    values, numbers = probabilities.topk(min(top, len(probabilities)))
    names = about["classes"] or range(len(probabilities))
    found = [
        {"class": names[number], "probability": round(value, 6)}
        for number, value in zip(numbers.tolist(), values.tolist(), strict=True)
    ]
    return found[0] | ({"top": found} if top > 1 else {})


def _about(weights: str) -> dict[str, Any]:
    record = read_safe_file(weights).record
    text = None if record is None else record.about.get(_KEY)
    if text is None:
        raise RunError(
            f"{weights} does not say how pictures are prepared for its network: give the weights of a run "
            "whose network takes one image"
        )
    try:
        found: dict[str, Any] = json.loads(text)
        ready = (
            isinstance(found["classes"], list) and {"channels", "shape", "loss", "transform"} <= found.keys()
        )
    except (ValueError, KeyError, TypeError):
        ready = False
    if not ready:
        raise RunError(f"{weights} says in no known way how pictures are prepared")
    return found


def _transform(about: Mapping[str, Any], weights: str) -> tuple[Component, ...]:
    """The transforms, checked as those of a recipe are."""
    collector = Collector()
    document = read(Source(weights, json.dumps({"transform": about["transform"]})), collector)
    root = document.root if document is not None else None
    node = root.get("transform") if isinstance(root, MappingNode) else None
    found = read_components(node, "transform", collector)
    if collector.diagnostics:
        raise RunError(f"{weights} names a transform that cannot be used: {collector.diagnostics[0].message}")
    return found
