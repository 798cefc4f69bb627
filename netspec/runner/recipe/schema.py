"""The JSON Schema of recipes, for editors: envelopes from the models, components from their catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netspec.catalog.model import Op
from netspec.document.envelope import Envelope
from netspec.runner.recipe.components import NAMES, Kind, components
from netspec.runner.recipe.keys import (
    CheckpointKeys,
    ClipKeys,
    DataKeys,
    EarlyStoppingKeys,
    ModelKeys,
    RecipeKeys,
    WarmupKeys,
)
from netspec.runner.recipe.own import Component
from netspec.runner.recipe.words import PARALLEL, PRECISIONS
from netspec.schema.arguments import arguments_schema
from netspec.schema.spec import envelope

# Keys with a short and a long form.
_SHORT: tuple[tuple[str, type[Envelope], dict[str, Any]], ...] = (
    ("warmup", WarmupKeys, {"type": "integer"}),
    ("clip", ClipKeys, {"type": "number"}),
    ("early_stopping", EarlyStoppingKeys, {"type": "integer"}),
)
_BESIDE_A_LOSS: dict[str, Any] = {
    "target": {"type": "string", "description": "The column that the output is held against."},
    "weight": {"type": "number", "description": "Factor of this loss in the sum; 1."},
    "metrics": {"type": "array", "items": {"$ref": "#/definitions/metric"}},
}
FILE = Path(__file__).with_name("recipe.schema.json")


def recipe_schema() -> dict[str, Any]:
    """The JSON Schema (draft-07) of a recipe file, as plain data."""
    definitions: dict[str, Any] = {}
    for kind in NAMES:
        definitions[kind] = _choice(kind)
        for name, component in components(kind).items():
            definitions[f"{kind}:{name}"] = _arguments(component)
    top = envelope(RecipeKeys)
    keys = top["properties"]
    keys["netspec"] = {"const": 1, "description": keys["netspec"]["description"]}
    keys["model"] = {
        "anyOf": [{"type": "string"}, envelope(ModelKeys)],
        "description": keys["model"]["description"],
    }
    keys["data"] = {**_data(), "description": keys["data"]["description"]}
    for key in ("optimizer", "scheduler"):
        keys[key] = _described(key, keys[key])
    _put_losses(keys)
    keys["trackers"]["items"] = {"$ref": "#/definitions/tracker"}
    for key, model, short in _SHORT:
        keys[key] = {"anyOf": [short, envelope(model)], "description": keys[key]["description"]}
    keys["checkpoint"] = {**envelope(CheckpointKeys), "description": keys["checkpoint"]["description"]}
    keys["groups"]["items"] = {
        "type": "object",
        "properties": {"match": {"type": "string", "description": "Paths of parameters, with `*`."}},
        "required": ["match"],
    }
    keys["precision"]["enum"] = list(PRECISIONS)
    keys["parallel"]["enum"] = list(PARALLEL)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "netspec recipe",
        **top,
        "definitions": definitions,
    }


def _put_losses(keys: dict[str, Any]) -> None:
    """`loss`, with words beside its name, and `losses`, by output: one, or a list of them."""
    keys["metrics"]["items"] = {"$ref": "#/definitions/metric"}
    keys["loss"] = _described("loss", keys["loss"])
    one = {"$ref": "#/definitions/loss"}
    keys["losses"]["additionalProperties"] = {"anyOf": [{"type": "array", "items": one}, one]}


def _data() -> dict[str, Any]:
    found = envelope(DataKeys)
    keys = found["properties"]
    for key in ("train", "test", "validation"):
        keys[key] = _described("data", keys[key])
    for key, kind in (("transform", "transform"), ("augment", "transform"), ("mix", "mix")):
        keys[key]["items"] = {"$ref": f"#/definitions/{kind}"}
    keys["inputs"]["additionalProperties"] = {"type": "string"}
    return found


def _described(kind: str, key: dict[str, Any]) -> dict[str, Any]:
    # Draft-07 ignores what stands beside `$ref`, hence `allOf`.
    return {"allOf": [{"$ref": f"#/definitions/{kind}"}], "description": key["description"]}


def _choice(kind: Kind) -> dict[str, Any]:
    """`Name`, or `{Name: arguments}`; names stay open, since the checker knows them better."""
    names = sorted(components(kind))
    properties = {name: {"$ref": f"#/definitions/{kind}:{name}"} for name in names}
    if kind == "loss":
        properties |= _BESIDE_A_LOSS
    return {
        "anyOf": [
            {"enum": names},
            {"type": "string", "description": f"The name of a {NAMES[kind]}."},
            {"type": "object", "properties": properties},
        ]
    }


def _arguments(component: Component) -> dict[str, Any]:
    op = Op(component.name, "function", component.name, (component.signature,), doc=component.doc)
    return arguments_schema(op, {param.name: param.doc for param in component.signature})
