"""The pages name everything that the code has: keys, words, functions, calls, commands, options, packages."""

from __future__ import annotations

import argparse
import importlib
import re
import tomllib
from pathlib import Path

import pytest

import netspec
from netspec.cli.main import COMMANDS
from netspec.document.decode import known_keys
from netspec.document.envelope import InputKeys, ParamKeys, SpecKeys, VariantKeys
from netspec.document.words import CONTAINERS, RESERVED
from netspec.report import RENDERERS
from netspec.resolve.expressions import FUNCTIONS
from netspec.resolve.inputs import DTYPES
from netspec.resolve.params import TYPES
from netspec.runner.recipe.components import NAMES, Kind, components
from netspec.runner.recipe.keys import DataKeys, ModelKeys, RecipeKeys
from netspec.runner.recipe.words import PRECISIONS

ROOT = Path(__file__).parents[2]


def prose(name: str) -> str:
    """A page without its fenced blocks."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


LANGUAGE, RECIPES, DATA, API, ARCHITECTURE, INDEX = map(
    prose, ("language.md", "recipes.md", "data.md", "api.md", "architecture.md", "README.md")
)
LEAST = "netspec: 1\nname: Net\ninputs: {x: [N, 8]}\nforward: []\n"
# Options of which the page speaks once for all commands.
SHARED = {"--help", "--set"}


def section(text: str, heading: str) -> str:
    """What stands below a heading that begins so, up to the next one of its rank or above."""
    match = re.search(rf"^(#+) {re.escape(heading)}.*$", text, re.MULTILINE)
    assert match, f"there is no heading {heading}"
    rest = text[match.end() :]
    return re.split(rf"^#{{1,{len(match[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def words(text: str) -> set[str]:
    """All words in backticks."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[\w-]+", code)}


@pytest.mark.parametrize("key", known_keys(SpecKeys))
def test_a_key_of_a_spec_has_a_section_or_is_not_yet(key: str) -> None:
    headings = words("\n".join(re.findall(r"^## .*$", LANGUAGE, re.MULTILINE)))
    found = netspec.validate_text(f"{LEAST}{key}: {{a: b}}\n").diagnostics
    if any(each.code == "NS108" for each in found):
        assert key not in headings
        assert key in words(section(LANGUAGE, "Not yet"))
    else:
        assert key in headings


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Names", RESERVED),
        ("Expressions", FUNCTIONS),
        ("`inputs`", DTYPES),
        ("`params`", set(known_keys(ParamKeys)) | set(TYPES) - {"op"}),
        ("Containers", CONTAINERS),
    ],
)
def test_a_section_names_all_words(heading: str, names: set[str]) -> None:
    assert set(names) <= words(section(LANGUAGE, heading))


def test_the_keys_of_an_input_are_described() -> None:
    described = words(section(LANGUAGE, "`inputs`"))
    assert set(known_keys(InputKeys)) <= described


def test_the_keys_of_a_variant_are_described() -> None:
    assert set(known_keys(VariantKeys)) <= words(section(LANGUAGE, "`model`"))


@pytest.mark.parametrize("model", [RecipeKeys, DataKeys, ModelKeys])
def test_every_key_of_a_recipe_is_described(model: type) -> None:
    assert set(known_keys(model)) <= words(RECIPES)


@pytest.mark.parametrize("kind", NAMES)
def test_every_component_of_a_recipe_is_named(kind: Kind) -> None:
    assert set(components(kind)) <= words(DATA if kind == "data" else RECIPES)


def test_every_precision_is_named() -> None:
    assert set(PRECISIONS) <= words(RECIPES)


@pytest.mark.parametrize("name", sorted(set(netspec.__all__) - {"__version__"}))
def test_every_public_name_is_described(name: str) -> None:
    assert name in words(section(API, "Python"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_a_section_with_all_its_options(command: str) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"netspec.cli.{command}").add_arguments(parser)
    options = {action.option_strings[-1] for action in parser._actions if action.option_strings}
    text = section(API, f"`netspec {command}")
    described = set(re.findall(r"--[a-z][a-z-]*", text)) | ({"--output"} if "`-o " in text else set())
    assert options - SHARED == described - SHARED


def test_every_report_format_is_named() -> None:
    assert set(RENDERERS) <= words(section(API, "`netspec validate"))


def test_every_dependency_is_justified_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[>=]", each)[0] for each in wanted} - {project["name"]}
    rows = re.findall(r"^\| ([^|]+) \|", section(ARCHITECTURE, "Dependencies"), re.MULTILINE)
    found = {name for row in rows for name in row.split(", ")} - {"package"}
    assert found == names


def test_every_package_has_a_row() -> None:
    folder = ROOT / "netspec"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__", "version"}
    rows = words("\n".join(re.findall(r"^\| (`[^|]+) \|", section(ARCHITECTURE, "Packages"), re.MULTILINE)))
    assert rows == packages | modules


def test_the_index_names_every_page() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\((\w+\.md)\)", INDEX)) == pages
