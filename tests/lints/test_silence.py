"""Each finding of a lint can be silenced where it stands, and a silenced one leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics import CODES

FIXTURES = Path(__file__).parents[1] / "fixtures" / "diagnostics"
NAMES = sorted(path.stem for path in FIXTURES.glob("ns5*.yaml"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("above", [False, True])
def test_an_ignore_silences_it(name: str, above: bool) -> None:
    text = (FIXTURES / f"{name}.yaml").read_text(encoding="utf-8")
    (found,) = netspec.validate_text(text).diagnostics
    lines = text.splitlines()
    at = found.span.start_position.line - 1
    comment = f"# netspec: ignore[{found.code}] as it is meant"
    if above:
        lines.insert(at, comment)
    else:
        lines[at] += f"  {comment}"
    assert netspec.validate_text("\n".join(lines)).diagnostics == ()


def test_every_lint_has_a_spec_here() -> None:
    lints = {code for code in CODES if code.startswith("NS5") and not CODES[code].asked} - {"NS590"}
    assert {re.split("_", name)[0].upper() for name in NAMES} == lints
