"""A module imports only from its own layer's package and from lower layers; torch only where it may."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "netspec"
# The longest prefix counts. Sizes, values and calls are plain records that the graph is made of.
LAYERS = {
    "diagnostics": 0,
    "version": 0,
    "report": 1,
    "errors": 1.5,
    "syntax": 1,
    "document": 2,
    "catalog": 2,
    "schema": 3.5,
    "resolve": 3,
    "shapes.dims": 2,
    "shapes.values": 3,
    "shapes.call": 3,
    "graph": 4,
    "shapes": 5,
    "lints": 5.2,
    "mending": 5.3,
    "codegen": 5,
    "views": 5.7,
    "pipeline": 5.5,
    "files": 2,
    "reads": 1,
    "unsaved": 1,
    "atomic": 1,
    "carry": 1.7,
    "revisions": 1.6,
    "project": 7.7,
    "fixing": 7.8,
    "spec": 5.8,
    "build": 6,
    "importer": 6.5,
    "runner": 7,
    "api": 7.5,
    "": 7.6,
    "cli": 8,
    "__main__": 9,
}
TORCH_IN = ("build", "importer", "runner", "catalog.generate")
FILES = sorted(ROOT.rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def layer(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in LAYERS:
            return LAYERS[".".join(parts[:length])]
    return LAYERS[""]


def imports(path):
    """Every imported module, wherever in the file the import stands, but for type checking."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_lower_layers_are_imported(path):
    own = module_name(path)
    package = own.split(".")[0]
    for name in imports(path):
        if not name.startswith("netspec"):
            continue
        other = name.removeprefix("netspec").removeprefix(".")
        same = other.split(".")[0] == package
        assert same or layer(other) < layer(own), f"netspec.{own} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_torch_is_imported_only_where_it_may(path):
    if module_name(path).startswith(TORCH_IN):
        return
    assert not {name for name in imports(path) if name.split(".")[0] in ("torch", "torchvision")}


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_the_command_line_prints_and_exits(path):
    if module_name(path).startswith(("cli", "__main__")):
        return
    calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)}
    assert not calls & {"print", "sys.exit", "exit", "quit"}


WITHOUT_TORCH = """
import sys
for name in ("torch", "torchvision", "numpy", "safetensors"):
    sys.modules[name] = None  # any import of it raises ImportError
import netspec
from netspec.cli import main
assert netspec.validate({spec!r}).ok
assert "nn.Conv2d(1, 32, 3)" in netspec.source({spec!r})
assert netspec.summary({spec!r}).parameters == 1199882
assert netspec.validate({recipe!r}).ok
for command in ("validate", "compile", "summary"):
    assert main([command, {spec!r}]) == 0
"""


def test_reading_checking_and_generating_need_no_torch():
    specs = ROOT.parent / "specs"
    code = WITHOUT_TORCH.format(spec=str(specs / "mnist.yaml"), recipe=str(specs / "recipes" / "digits.yaml"))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
