"""Every spec of the repository is clean: no error, no warning, no info."""

from __future__ import annotations

import re
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


def test_the_page_of_the_zoo_has_every_spec() -> None:
    """`python benchmarks/zoo_table.py` writes it."""
    page = (SPECS.parent / "docs" / "zoo.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE)
    assert rows == sorted(path.stem for path in (SPECS / "torchvision").glob("*.yaml"))
