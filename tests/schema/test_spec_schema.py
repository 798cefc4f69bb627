"""The JSON Schema: in step with the code, no stricter than the checker, and good at completion."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netspec
from netspec.catalog.load import ops
from netspec.document.envelope import SpecKeys, VariantKeys
from netspec.document.words import CONTAINERS
from netspec.schema.spec import FILE, spec_schema, text

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft7Validator(SCHEMA)
FOLDERS = (
    "specs",
    "specs/torchvision",
    "specs/torchvision/blocks",
    "tests/fixtures/codegen",
    "tests/fixtures/schema",
)
VALID = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.yaml"))


class Loader(yaml.SafeLoader):
    """YAML as an editor's language server reads it: by the 1.2 core rules, `on` and `no` are texts."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"), list("-+.0123456789")
)


def plain(source: str) -> Any:
    return jsonable(yaml.load(source, Loader=Loader))


def jsonable(value: Any) -> Any:
    """Keys as texts, as JSON has them."""
    match value:
        case dict():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list():
            return [jsonable(item) for item in value]
    return value


def faults(spec: Any) -> list[str]:
    return [f"{list(error.path)}: {error.message[:200]}" for error in CHECKER.iter_errors(spec)]


def test_the_committed_file_is_what_the_code_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(spec_schema()), (
        "netspec/schema/spec.schema.json is out of date: `netspec schema > netspec/schema/spec.schema.json`"
    )


def test_it_is_a_sound_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_specs_pass(path: Path) -> None:
    assert faults(plain(path.read_text(encoding="utf-8"))) == []


def test_every_key_and_every_argument_has_a_description() -> None:
    def walk(value: Any, where: str) -> None:
        if isinstance(value, dict):
            for name, each in value.get("properties", {}).items():
                described = "description" in each or "$ref" in each
                assert described, f"{where}/{name}"
                walk(each, f"{where}/{name}")
            for key in ("items", "additionalProperties"):
                walk(value.get(key), f"{where}/{key}")
            for index, each in enumerate(value.get("anyOf", [])):
                walk(each, f"{where}/{index}")

    walk(SCHEMA, "")
    for name, each in SCHEMA["definitions"].items():
        walk(each, name)


def test_every_op_and_every_key_is_completed() -> None:
    def completed(name: str) -> set[str]:
        return {
            word
            for each in SCHEMA["definitions"][name]["anyOf"]
            for word in (*each.get("properties", ()), *each.get("enum", ()))
        }

    assert {*ops().modules, *CONTAINERS, "when", "repeat", "for"} <= completed("layer")
    assert {*ops().functions, "from", "as"} <= completed("step")
    fields = {**SpecKeys.model_fields, **VariantKeys.model_fields}
    assert set(SCHEMA["properties"]) == {field.alias or name for name, field in fields.items()}
    conv = SCHEMA["definitions"]["op:Conv2d"]
    assert conv["required"] == ["in_channels", "out_channels", "kernel_size"]
    assert conv["properties"]["padding_mode"]["examples"] == ["zeros", "reflect", "replicate", "circular"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"lyaers": {}}, "lyaers"),
        ({"inputs": {"x": 3}}, "x"),
        ({"forward": {"relu": None}}, "forward"),
        ({"layers": {"fc": {"Linear": {"in_feature": 8, "out_features": 1}}}}, "in_feature"),
        ({"layers": {"fc": {"Linear": {"in_features": "8", "out_features": 1}}}}, "8"),
        ({"layers": {"fc": {"Dropout": {"p": 1.5}}}}, "1.5"),
        ({"layers": {"fc": {"Linear": {"out_features": 1}}}}, "in_features"),
        ({"params": {"width": {"typ": "int"}}}, "typ"),
    ],
)
def test_editors_show_the_faults_that_they_can_know(change: dict[str, Any], place: str) -> None:
    spec = {**plain(VALID[0].read_text(encoding="utf-8")), **change}
    found = jsonschema.exceptions.best_match(CHECKER.iter_errors(spec))
    assert found is not None
    shown = {*map(str, found.path), found.message, *(each.message for each in found.context or ())}
    assert any(place in each for each in shown), shown


SCALARS = st.sampled_from(
    (
        None,
        True,
        0,
        1,
        -1,
        2.5,
        8,
        "auto",
        "$width",
        "text",
        "8",
        "N",
        "same",
        "zeros",
        "float32",
        "",
        [],
        {},
        [1, 1],
        {"a": 1},
    )
)
NAMES = st.sampled_from(
    (
        "name",
        "x",
        "dim",
        "p",
        "bias",
        "from",
        "as",
        "Linear",
        "relu",
        "kernel_size",
        "layers",
        "default",
        "shape",
    )
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        found += places(each, (*path, key))
    return found


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """A valid spec with one or two values replaced, removed, renamed or added."""
    spec = copy.deepcopy(plain(draw(st.sampled_from(VALID)).read_text(encoding="utf-8")))
    for _ in range(draw(st.integers(1, 2))):
        *above, key = draw(st.sampled_from(places(spec)))
        parent = spec
        for each in above:
            parent = parent[each]
        match draw(st.sampled_from(("replace", "replace", "remove", "rename", "add"))):
            case "replace":
                parent[key] = copy.deepcopy(draw(SCALARS))
            case "remove":
                del parent[key]
            case "rename" if isinstance(parent, dict):
                parent[draw(NAMES)] = parent.pop(key)
            case _ if isinstance(parent, dict):
                parent[draw(NAMES)] = copy.deepcopy(draw(SCALARS))
        if not spec:
            break
    return spec


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(changed())
def test_what_the_schema_rejects_the_checker_rejects(spec: Any) -> None:
    found = faults(spec)
    if found:
        assert not netspec.validate(spec).ok, found
