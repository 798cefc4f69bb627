"""The JSON form: it follows its schema, its bytes are stable, and it says everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, Source, Span
from netspec.report import Report
from netspec.report.json_format import report_data

FIXTURES = Path(__file__).parent / "fixtures"
SCHEMA = json.loads((FIXTURES / "report.schema.json").read_text(encoding="utf-8"))
SOURCE = Source("specs/網.yaml", "name: Net\nlayers:\n  fc: {Linear: [8, 2]}\n")
OTHER = Source("other.yaml", "x\n")
FULL = Diagnostic(
    "NS402",
    "`fc` takes 8 → receives 4",
    Span(SOURCE, 20, 41),
    "this layer",
    yaml_path=("layers", "fc", 0),
    labels=(Label(Span(OTHER, 0, 1), "there"),),
    values=(("x", "float32 [N, 4]"),),
    notes=("torch: \x1b\ud800",),
    help="use `auto`",
    fixes=(Fix("Use 4", (Edit(Span(SOURCE, 34, 35), "4"),), "unsafe"),),
)
BARE = Diagnostic("NS501", "`fc` is never used", Span(SOURCE, 21, 23), severity="warning")


def rendered(*diagnostics: Diagnostic) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Report(("specs/網.yaml",), diagnostics).render("json"))
    return data


@pytest.mark.parametrize("diagnostics", [(), (BARE,), (FULL, BARE)], ids=["clean", "bare", "full"])
def test_json_follows_its_schema_and_reads_back(diagnostics: tuple[Diagnostic, ...]) -> None:
    data = rendered(*diagnostics)
    jsonschema.validate(data, SCHEMA)
    assert data == report_data(Report(("specs/網.yaml",), diagnostics))


def test_the_schema_refuses_what_is_no_report() -> None:
    data = rendered(BARE)
    data["diagnostics"][0]["range"]["start"]["line"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_json_is_ascii_and_the_same_each_time() -> None:
    text = Report(("specs/網.yaml",), (FULL, BARE)).render("json")
    assert text.isascii()
    assert "\x1b" not in text
    assert text == Report(("specs/網.yaml",), (FULL, BARE)).render("json", color=True)


def test_json_says_everything_that_a_diagnostic_holds() -> None:
    (data,) = rendered(FULL)["diagnostics"]
    assert data == {
        "code": "NS402",
        "name": "size-mismatch",
        "severity": "error",
        "message": "`fc` takes 8 → receives 4",
        "path": "specs/網.yaml",
        "range": {"start": {"line": 3, "column": 3}, "end": {"line": 4, "column": 1}},
        "text": "this layer",
        "yaml_path": ["layers", "fc", 0],
        "labels": [
            {
                "path": "other.yaml",
                "range": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 2}},
                "text": "there",
            }
        ],
        "values": [{"name": "x", "value": "float32 [N, 4]"}],
        "notes": ["torch: \x1b\ud800"],
        "help": "use `auto`",
        "fixes": [
            {
                "title": "Use 4",
                "safety": "unsafe",
                "edits": [
                    {
                        "path": "specs/網.yaml",
                        "range": {"start": {"line": 3, "column": 17}, "end": {"line": 3, "column": 18}},
                        "text": "4",
                    }
                ],
            }
        ],
        "url": "docs/diagnostics.md#ns402",
    }


def test_the_summary_counts_by_severity() -> None:
    data = rendered(FULL, BARE, BARE)
    assert not data["ok"]
    counts = {"errors": 1, "warnings": 2, "infos": 0}
    files = [{"path": "specs/網.yaml", "ok": False, **counts}]
    assert data["summary"] == {"paths": ["specs/網.yaml"], **counts, "files": files}
    assert rendered(BARE)["ok"]
