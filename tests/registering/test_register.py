"""Ops of applications, with and without PyTorch: what is registered, refused, checked and generated."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.catalog import registered
from netspec.catalog.load import ops
from netspec.project.check import Checker
from netspec.schema.spec import spec_schema

FUNCTIONS = '''
"""Functions of an application."""

def halved(x, dim: int = 1, *, device=None):
    """Every second item."""
    return x.narrow(dim, 0, x.shape[dim] // 2)

def halved_shape(x, dim):
    if x.shape[dim] % 2 != 0:
        raise ValueError(f"{x.shape[dim]} is odd")
    sizes = list(x.shape)
    sizes[dim] = sizes[dim] // 2
    return sizes

def unruled(x):
    return x

def broken_shape(x):
    return x.no_such_thing

def add(x):
    return x

def outer():
    def inner(x):
        return x
    return inner

unnamed = lambda x: x

class NoLayer:
    pass
'''
SPEC = """\
netspec: 1
name: Net
inputs:
  x: [N, 8]
forward:
  - {STEP}
"""


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "an_application.py").write_text(FUNCTIONS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("an_application")
    del sys.modules["an_application"]
    for name in [*registered._REGISTERED]:
        registered.unregister(name)


def check(step: str) -> netspec.Report:
    return netspec.validate_text(SPEC.replace("{STEP}", step))


def test_a_function_is_an_op_from_when_it_is_registered(application: Any) -> None:
    assert check("halved").diagnostics[0].code == "NS201"
    assert netspec.register(application.halved, shape=application.halved_shape) is application.halved
    assert check("halved").diagnostics == ()
    assert "[N, 4]" in str(netspec.summary(netspec.loads(SPEC.replace("{STEP}", "halved"))))
    registered.unregister("halved")
    assert check("halved").diagnostics[0].code == "NS201"


def test_arguments_are_checked_against_its_signature(application: Any) -> None:
    netspec.register(application.halved, shape=application.halved_shape)
    assert [each.code for each in check("{halved: {dim: 1.5}}").diagnostics] == ["NS204"]
    assert [each.code for each in check("{halved: {dims: 1}}").diagnostics] == ["NS202"]
    # Where a model runs is not said in a spec.
    assert [each.code for each in check("{halved: {device: cpu}}").diagnostics] == ["NS202"]


def test_its_rule_refuses_with_its_own_words(application: Any) -> None:
    netspec.register(application.halved, shape=application.halved_shape)
    (found,) = check("{halved: 0}").diagnostics
    assert (found.code, found.message) == ("NS408", "`halved` refuses this: N is odd, which fails for N = 1")


def test_without_a_rule_nothing_behind_it_is_judged(application: Any) -> None:
    netspec.register(application.unruled)
    report = check("unruled\n  - {view: [7, 7]}")
    assert [each.code for each in report.diagnostics] == ["NS409"]


def test_a_rule_that_fails_is_an_error_of_the_application(application: Any) -> None:
    netspec.register(application.unruled, shape=application.broken_shape)
    with pytest.raises(netspec.NetspecError, match=r"shape rule of unruled fails: AttributeError"):
        check("unruled")


def test_the_source_imports_it_from_where_it_lives(application: Any) -> None:
    netspec.register(application.halved, shape=application.halved_shape)
    source = netspec.source(netspec.loads(SPEC.replace("{STEP}", "{halved: , as: halved}\n  - relu")))
    assert "\n\nfrom an_application import halved\n" in source
    assert "halved2 = halved(x)" in source


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("add", "`add` is a name of the language or of PyTorch's own op: rename yours"),
        ("NoLayer", "NoLayer is no nn.Module"),
        ("unnamed", "generated source cannot import <lambda>: define it by `class` or `def`"),
    ],
)
def test_what_cannot_be_an_op_is_refused(application: Any, name: str, message: str) -> None:
    with pytest.raises(netspec.NetspecError, match=message):
        netspec.register(getattr(application, name))
    assert not registered._REGISTERED


def test_other_ways_of_getting_it_wrong(application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(netspec.NetspecError, match=r"cannot import outer.<locals>.inner"):
        netspec.register(application.outer())
    with pytest.raises(netspec.NetspecError, match="neither a layer class nor a function"):
        netspec.register(3)  # type: ignore[type-var]
    with pytest.raises(netspec.NetspecError, match=r"asks for `dim`, which is no parameter of"):
        netspec.register(application.unruled, shape=application.halved_shape)
    netspec.register(application.halved)
    monkeypatch.setattr(application.unruled, "__name__", "halved")
    monkeypatch.setattr(application.unruled, "__qualname__", "halved")
    monkeypatch.setattr(application.unruled, "__module__", "another_application")
    with pytest.raises(netspec.NetspecError, match=r"`halved` is an_application:halved already"):
        netspec.register(application.unruled)
    monkeypatch.setattr(application.outer, "__module__", "__main__")
    with pytest.raises(netspec.NetspecError, match="from the script that runs: move it to a module"):
        netspec.register(application.outer)
    monkeypatch.setattr(application.broken_shape, "__signature__", "none", raising=False)
    with pytest.raises(netspec.NetspecError, match=r"cannot read the parameters of "):
        netspec.register(application.broken_shape)


def test_the_catalog_and_the_schema_show_it(application: Any) -> None:
    netspec.register(application.halved, shape=application.halved_shape)
    assert "halved" in ops().functions
    assert "halved" not in ops().modules
    assert spec_schema()["definitions"]["op:halved"]["description"].startswith("an_application:halved(")


def test_an_entry_point_is_imported_when_a_spec_names_it_and_not_before(tmp_path: Path) -> None:
    """In a process of its own, with an installed distribution that offers two ops."""
    (tmp_path / "offering.py").write_text("def offered(x):\n    return x\n", encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise OSError('no licence')\n", encoding="utf-8")
    about = tmp_path / "offering-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[netspec.ops]\noffered = offering:offered\nbad = broken:bad\nrelu = broken:relu\n", encoding="utf-8"
    )
    code = f"""
import sys
import netspec
spec = {SPEC!r}
def codes(step):
    return [each.code for each in netspec.validate_text(spec.replace("{{STEP}}", step)).diagnostics]
print(codes("relu"), codes("offerd"), codes("offering.offered"), "offering" in sys.modules)
print(codes("offered"), "offering" in sys.modules)
print("from offering import offered" in netspec.source(netspec.loads(spec.replace("{{STEP}}", "offered"))))
try:
    codes("bad")
except netspec.NetspecError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout.splitlines() == [
        "[] ['NS201'] ['NS201'] False",
        "['NS409'] True",
        "True",
        "the op `bad` is offered as broken:bad by an installed package, but importing that fails:"
        " OSError: no licence; mend or uninstall the package",
    ]


def test_what_depends_on_registrations_is_not_kept_for_later_runs(application: Any) -> None:
    class Store:
        kept = 0

        def get(self, key: str, main: Any) -> None:
            return None

        def put(self, key: str, main: Any, entry: Any) -> None:
            self.kept += 1

    store = Store()
    for step, kept in (("halved", 0), ("halved", 0), ("relu", 1), ("halvd", 1)):
        Checker(store).check("net.yaml", SPEC.replace("{STEP}", step).encode())
        assert store.kept == kept
    netspec.register(application.halved)
    Checker(store).check("net.yaml", SPEC.replace("{STEP}", "halved").encode())
    assert store.kept == 1
