"""Specs with the source that they compile to beside them: what a person would write, and it runs.

`NETSPEC_UPDATE_GOLDENS=1` writes the sources anew; read the difference before committing it.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import netspec

FIXTURES = Path(__file__).parents[1] / "fixtures" / "codegen"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))
# A docstring's lines are the spec's own; what is generated keeps to this.
WIDTH = 100


def path_of(name: str) -> str:
    return str(FIXTURES / f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_as_recorded(name: str) -> None:
    golden = FIXTURES / f"{name}.py.txt"
    text = netspec.source(path_of(name))
    if os.environ.get("NETSPEC_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_layout_is_sane(name: str) -> None:
    text = netspec.source(path_of(name))
    for line in text.splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip(), line
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n\n" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_import_is_used_and_every_name_is_known(name: str) -> None:
    """A name read in a function is an argument, assigned before, imported, or a builtin that is called."""
    tree = ast.parse(netspec.source(path_of(name)))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert imported <= read
    (compiled,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    builtins = {"super", "getattr", "range", "min", "max", "sum", "int", "float", "str", "bool", "list"}
    for function in (node for node in compiled.body if isinstance(node, ast.FunctionDef)):
        known = imported | builtins | {argument.arg for argument in function.args.args}
        known |= {
            n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        names = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
        assert names <= known


def test_every_source_has_its_spec() -> None:
    assert {path.name.removesuffix(".py.txt") for path in FIXTURES.glob("*.py.txt")} == set(NAMES)
