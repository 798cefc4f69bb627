"""One small spec for each way of getting it wrong, with the report as a user sees it beside it.

`NETSPEC_UPDATE_GOLDENS=1` writes the reports anew; read the difference before committing it.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics import CODES
from netspec.diagnostics.model import Diagnostic

FIXTURES = Path(__file__).parents[1] / "fixtures" / "diagnostics"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))
# NS0xx have tests of the reader; NS307 and NS6xx belong to commands, NS7xx to recipes; NS516 is asked for.
COVERED = {code for code in CODES if code[:3] in ("NS1", "NS2", "NS3", "NS5")} - {"NS307", "NS590", "NS516"}


@functools.cache
def report_of(name: str) -> netspec.Report:
    text = (FIXTURES / f"{name}.yaml").read_text(encoding="utf-8")
    return netspec.validate_text(text, path=f"{name}.yaml")


def shown(found: Diagnostic) -> str:
    return f"{found.code} {found.message}"


@pytest.mark.parametrize("name", NAMES)
def test_the_report_is_as_recorded(name: str) -> None:
    golden = FIXTURES / f"{name}.out"
    text = report_of(name).render("full") + "\n"
    if os.environ.get("NETSPEC_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_says_what_to_do(name: str) -> None:
    for found in report_of(name).diagnostics:
        assert found.help, shown(found)
        assert "\n" not in found.message, shown(found)
        assert "?" not in found.message.replace("`?`", ""), shown(found)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_one_of_netspec_s_own(name: str) -> None:
    """Symbols of one call of a block, of sizes without a name, and places in subscripts stay inside."""
    assert not re.search(r"#\d+:|\b_\d+_\d+\b|__e\d", report_of(name).render("full"))


@pytest.mark.parametrize("name", [name for name in NAMES if re.match(r"ns\d|one_cause", name)])
def test_one_cause_gives_one_finding(name: str) -> None:
    found = [shown(each) for each in report_of(name).diagnostics]
    assert len(found) == 1, found
    if name.startswith("ns"):
        assert found[0].startswith(name[:5].upper()), found


@pytest.mark.parametrize("name", NAMES)
def test_a_fix_mends_what_it_is_for(name: str) -> None:
    report = report_of(name)
    text = (FIXTURES / f"{name}.yaml").read_text(encoding="utf-8")
    for found in report.diagnostics:
        for fix in found.fixes:
            mended = text
            for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
                mended = mended[: edit.span.start] + edit.text + mended[edit.span.end :]
            left = [(each.code, each.span.start) for each in netspec.validate_text(mended).diagnostics]
            assert (found.code, found.span.start) not in left, fix


def test_every_report_has_its_spec_and_every_code_a_spec() -> None:
    assert {path.stem for path in FIXTURES.glob("*.out")} == set(NAMES)
    assert {each.code for name in NAMES for each in report_of(name).diagnostics} >= COVERED
