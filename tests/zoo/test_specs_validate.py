"""Every spec of the repository is clean: no error, no warning, no info."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import netspec

SPECS = Path(__file__).parents[2] / "specs"
FILES = sorted(SPECS.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SPECS)))
def test_a_spec_or_recipe_has_no_finding(path: Path) -> None:
    report = netspec.validate(path)
    assert report.diagnostics == (), str(report)


@pytest.mark.parametrize("path", sorted(SPECS.glob("torchvision/**/*.yaml")), ids=lambda path: path.stem)
def test_a_spec_of_the_zoo_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\ndoc: " in text
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.torch
def test_the_page_of_the_zoo_is_current() -> None:
    """`python benchmarks/zoo_table.py` writes it."""
    torchvision = pytest.importorskip("torchvision")
    page = (SPECS.parent / "docs" / "zoo.md").read_text(encoding="utf-8")
    version = ".".join(torchvision.__version__.split(".")[:2])
    if f"torchvision {version} |" not in page:
        pytest.skip(f"the page counts lines of another torchvision than {version}")
    table = runpy.run_path(str(SPECS.parent / "benchmarks" / "zoo_table.py"))
    assert page == table["page"]()


def test_the_page_of_the_zoo_has_every_spec() -> None:
    """`python benchmarks/zoo_table.py` writes it."""
    page = (SPECS.parent / "docs" / "zoo.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE)
    assert rows == sorted(path.stem for path in (SPECS / "torchvision").glob("*.yaml"))
