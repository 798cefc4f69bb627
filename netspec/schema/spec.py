"""The whole schema of a spec: envelopes from the document models, ops from the catalog.

Single-key mappings are described by `properties`, never by `oneOf` over op names: that keeps
messages exact and validation fast. Names of layers and values are open, so steps and layers complete
the catalog's ops and reject no name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from netspec.catalog.load import docs, ops
from netspec.document.envelope import AssertKeys, BlockKeys, InputKeys, ParamKeys, SpecKeys, VariantKeys
from netspec.document.words import CONTAINERS
from netspec.resolve.inputs import DTYPES
from netspec.resolve.params import TYPES
from netspec.schema.arguments import arguments_schema

FILE = Path(__file__).with_name("spec.schema.json")
_SCALARS = ["string", "number", "boolean", "null"]
_CLAUSES: dict[str, Any] = {
    "when": {
        "description": "Present only if this is true when the module is built.",
        "type": ["string", "boolean"],
    },
    "repeat": {"description": "So many copies in place.", "type": ["integer", "string"]},
    "for": {"description": "One copy per value, with the variable in scope: `{i: 4}`.", "type": "object"},
    "let": {"description": "Named expressions over the loop variable.", "type": "object"},
}
_DISCARD = {
    "description": "Build the layer for the random numbers that it draws, and throw it away.",
    "type": "boolean",
}
_GROUP = {"description": "Several entries in place of one op.", "type": ["object", "array"]}


def spec_schema() -> dict[str, Any]:
    """The JSON Schema (draft-07) of a spec file, as plain data."""
    catalog, descriptions = ops(), docs()
    modules = {name: catalog.get(name) for name in catalog.modules}
    functions = {name: catalog.get(name) for name in catalog.functions}
    definitions: dict[str, Any] = {
        "params": _mapping({"$ref": "#/definitions/param"}),
        "param": {"anyOf": [{"type": [*_SCALARS, "array"], "examples": list(TYPES)}, envelope(ParamKeys)]},
        "inputs": _mapping({"anyOf": [{"$ref": "#/definitions/shape"}, _input()]}),
        "shape": {
            "type": "array",
            "description": "Dimensions: sizes, names such as N, typical sizes such as H=224, expressions.",
            "items": {"type": ["integer", "string"]},
        },
        "layers": _mapping({"$ref": "#/definitions/layer"}),
        "layer": _entry("layer", [*modules, *CONTAINERS], {**_CLAUSES, "group": _GROUP, "discard": _DISCARD}),
        "steps": {"type": "array", "items": {"$ref": "#/definitions/step"}},
        "step": _entry("step", list(functions), {**_step_keys(), **_CLAUSES}),
        "source": {
            "anyOf": [
                {"type": ["string", "number", "boolean"], "description": "A value's name, or `_`."},
                {"$ref": "#/definitions/steps", "description": "A branch: steps on the current value."},
            ]
        },
        "outputs": {"type": ["string", "array", "object"]},
        "ties": _mapping({"type": "string", "description": "The parameter that both are from then on."}),
        "assert": _claims(),
        "block": envelope(BlockKeys),
    }
    for name, op in {**modules, **functions}.items():
        assert op is not None
        definitions[f"op:{name}"] = arguments_schema(op, descriptions.get(name, {}))
    definitions.update({f"op:{name}": _container(name) for name in CONTAINERS})
    top = envelope(SpecKeys)
    top["properties"]["netspec"] = {"const": 1, "description": "Version of the spec language."}
    top["properties"]["blocks"] = {
        **_mapping({"$ref": "#/definitions/block"}),
        "description": top["properties"]["blocks"]["description"],
    }
    # A file is a class of its own, or one of another file with other values.
    top["properties"]["model"] = envelope(VariantKeys)["properties"]["model"]
    top["required"] = ["netspec"]
    top["anyOf"] = [{"required": ["name"]}, {"required": ["use", "model"]}, {"required": ["blocks"]}]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "netspec spec",
        **top,
        "definitions": definitions,
    }


def text(schema: dict[str, Any]) -> str:
    """The schema as committed: one definition a line, so that differences stay readable."""
    definitions = schema["definitions"]
    head = json.dumps({k: v for k, v in schema.items() if k != "definitions"}, indent=1)
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in definitions.items())
    return f'{head[:-2]},\n "definitions": {{\n{lines}\n }}\n}}\n'


def _mapping(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def envelope(model: type[BaseModel]) -> dict[str, Any]:
    """A closed mapping with the model's keys and their descriptions."""
    schema = model.model_json_schema(by_alias=True)
    properties = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        found = schema["properties"][key]
        properties[key] = {**_plain(found), "description": field.description or key}
    required = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    closed: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**closed, "required": required} if required else closed


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """pydantic's schema of a field without titles, defaults and the null of optional fields."""
    for each in found.get("anyOf", []):
        if each.get("type") != "null":
            return _plain(each)
    if "x-definition" in found:
        # Draft-07 ignores what stands beside `$ref`, and a description will: hence `allOf`.
        return {"allOf": [{"$ref": f"#/definitions/{found['x-definition']}"}]}
    return {key: value for key, value in found.items() if key in ("type",)}


def _input() -> dict[str, Any]:
    found = envelope(InputKeys)
    found["properties"]["dtype"]["examples"] = list(DTYPES)
    return found


def _claims() -> dict[str, Any]:
    found = envelope(AssertKeys)
    for name, each in found["properties"].items():
        each["type"] = ["array", "object", "string"] if name == "output" else ["integer", "string", "array"]
    return found


def _entry(what: str, names: list[str], keys: dict[str, Any]) -> dict[str, Any]:
    """`Name`, or a mapping with one op and the keys that may stand beside it."""
    properties = {name: {"$ref": f"#/definitions/op:{name}"} for name in names}
    return {
        "anyOf": [
            {"enum": names},
            {"type": ["string", "integer"], "description": f"The name of a {what}."},
            {"type": "object", "properties": {**properties, **keys}},
        ]
    }


def _step_keys() -> dict[str, Any]:
    source = {"$ref": "#/definitions/source"}
    return {
        "from": {
            "description": "What the step takes, in place of the current value.",
            "anyOf": [
                source,
                {"type": "array", "items": source},
                {"type": "object", "additionalProperties": source},
            ],
        },
        "as": {
            "description": "A name for the result, or a list of names to unpack it.",
            "type": ["string", "array"],
        },
        "steps": {"$ref": "#/definitions/steps"},
        "collect": {"description": "Gathers each member's result in a list.", "type": "string"},
    }


def _container(name: str) -> dict[str, Any]:
    entries = {"type": "array", "items": {"$ref": "#/definitions/layer"}}
    named = {"$ref": "#/definitions/layers"}
    described = {"description": f"nn.{name}: layers, in order."}
    match name:
        case "ModuleList":
            return {**described, "anyOf": [entries, {"type": "null"}]}
        case "ModuleDict":
            return {**described, "anyOf": [named, {"type": "null"}]}
    return {**described, "anyOf": [entries, named, {"type": "null"}]}
