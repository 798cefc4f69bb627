"""One small recipe for each way of getting it wrong, with the report as a user sees it beside it.

`NETSPEC_UPDATE_GOLDENS=1` writes the reports anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics import CODES
from netspec.diagnostics.model import Diagnostic

FIXTURES = Path(__file__).parents[1] / "fixtures" / "recipes"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))


@pytest.fixture(autouse=True)
def _in_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of data start at the working directory."""
    monkeypatch.chdir(FIXTURES)


def report_of(name: str) -> netspec.Report:
    text = Path(f"{name}.yaml").read_text(encoding="utf-8")
    return netspec.validate_text(text, path=f"{name}.yaml")


def shown(found: Diagnostic) -> str:
    return f"{found.code} {found.message}"


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("ns")])
def test_one_fault_gives_one_finding_that_says_what_to_do(name: str) -> None:
    report = report_of(name)
    (found,) = report.diagnostics
    assert found.code == name[:5].upper()
    assert found.help, shown(found)
    assert "\n" not in found.message
    golden = FIXTURES / f"{name}.out"
    text = report.render("full") + "\n"
    if os.environ.get("NETSPEC_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("clean")])
def test_what_fits_is_not_reported(name: str) -> None:
    assert [shown(found) for found in report_of(name).diagnostics] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_fix_mends_what_it_is_for(name: str) -> None:
    text = Path(f"{name}.yaml").read_text(encoding="utf-8")
    for found in report_of(name).diagnostics:
        for fix in found.fixes:
            mended = text
            for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
                mended = mended[: edit.span.start] + edit.text + mended[edit.span.end :]
            left = [each.code for each in netspec.validate_text(mended, path=f"{name}.yaml").diagnostics]
            assert left == [], fix


def test_every_code_of_recipes_has_a_recipe() -> None:
    assert {path.stem for path in FIXTURES.glob("*.out")} == {name for name in NAMES if name[:2] == "ns"}
    assert {name[:5].upper() for name in NAMES} >= {code for code in CODES if code.startswith("NS7")}
