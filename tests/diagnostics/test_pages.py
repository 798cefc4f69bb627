"""Every code has a page, its examples behave as the page says, and docs/diagnostics.md is in step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics import CODES
from netspec.diagnostics.explain import all_pages, examples, page, section, write
from netspec.project.check import Checker

ROOT = Path(__file__).parents[2]
# What a command line, an environment or netspec itself is to blame for; their pages show commands.
WITHOUT_SPEC = {"NS010", "NS307", "NS601", "NS602", "NS603", "NS604", "NS901", "NS902", "NS903"}
RECIPES = {code for code in CODES if code.startswith("NS7")}
SPECS = sorted(set(CODES) - WITHOUT_SPEC - RECIPES)
SILENCEABLE = sorted(code for code in CODES if CODES[code].severity != "error")

# The `net.yaml` that the recipes name.
MODEL = """
netspec: 1
name: Net
inputs:
  x: [N, 1, 28, 28]
layers:
  fc: {Linear: [784, 10]}
forward:
  - {flatten: 1}
  - fc
  - {log_softmax: {dim: 1}}
"""


ASKED = frozenset(code for code in CODES if CODES[code].asked)


def validated(text: str, code: str = "") -> list[str]:
    checker = Checker(asked=ASKED & {code})
    return [found.code for found in checker.check("example.yaml", text.encode())]


def text_of(code: str) -> str:
    text = page(code)
    assert text is not None
    return text


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_a_title_an_explanation_and_four_sections(code: str) -> None:
    text = text_of(code)
    assert text.startswith(f"# {code} {CODES[code].name}\n\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Why it matters", "Fails", "Mended", "Silence"]
    explanation = text.split("\n\n", 1)[1].split("\n## ")[0]
    assert len(explanation.split()) > 15


@pytest.mark.parametrize("code", CODES)
def test_why_it_matters_is_said_in_one_to_three_sentences(code: str) -> None:
    why = section(code, "Why it matters")
    assert 15 < len(why.split()) < 70
    assert "\n\n" not in why
    assert 1 <= len(re.findall(r"[.!](?= |\n|$)", why.replace("et al.", "et al"))) <= 3
    # It says more than the explanation does.
    assert " ".join(why.split()) not in " ".join(text_of(code).split("\n## ")[0].split())


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_readable_text(code: str) -> None:
    text = text_of(code)
    lines = text.splitlines()
    assert len(lines) <= 70
    assert all(len(line) <= 150 for line in lines)
    assert text.count("```") % 2 == 0
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_there_is_no_page_without_a_code() -> None:
    folder = ROOT / "netspec" / "diagnostics" / "pages"
    assert {path.stem for path in folder.glob("*.md")} == set(CODES)


def test_pages_are_found_in_any_letter_case_and_unknown_ones_are_none() -> None:
    assert page("ns402") == page("NS402")
    assert page("NS999") is None
    assert page("../codes") is None
    assert section("NS999", "Fails") == ""
    assert examples("NS999") is None


@pytest.mark.parametrize("code", sorted(WITHOUT_SPEC))
def test_codes_that_no_spec_produces_show_commands(code: str) -> None:
    assert examples(code) is None
    for title in ("Fails", "Mended"):
        assert re.search(r"^```(console|python)$", section(code, title), re.MULTILINE)


@pytest.mark.parametrize("code", SPECS)
def test_the_failing_example_gives_the_code_and_no_other(code: str) -> None:
    found = examples(code)
    assert found is not None
    assert validated(found[0], code) == [code]
    assert code not in ASKED or validated(found[0]) == []


@pytest.mark.parametrize("code", SPECS)
def test_the_mended_example_is_clean(code: str) -> None:
    found = examples(code)
    assert found is not None
    assert validated(found[1], code) == []


@pytest.mark.parametrize("code", sorted(RECIPES))
def test_the_recipe_that_fails_gives_the_code_and_the_mended_one_is_clean(code: str, tmp_path: Path) -> None:
    found = examples(code)
    assert found is not None
    (tmp_path / "net.yaml").write_text(MODEL, encoding="utf-8")
    path = str(tmp_path / "recipe.yaml")
    codes = [[each.code for each in netspec.validate_text(text, path=path).diagnostics] for text in found]
    assert codes == [[code], []]


@pytest.mark.parametrize("code", SILENCEABLE)
def test_the_shown_comment_silences_the_failing_example(code: str) -> None:
    found = examples(code)
    shown = re.search(r"^```yaml\n(.+)\n```$", section(code, "Silence"), re.MULTILINE)
    assert found is not None
    assert shown is not None
    line = shown[1].split("  #")[0]
    silenced = [shown[1] if each.split("  #")[0] == line else each for each in found[0].splitlines()]
    assert shown[1] in silenced
    assert validated("\n".join(silenced), code) == []


@pytest.mark.parametrize("code", sorted(set(CODES) - set(SILENCEABLE)))
def test_the_pages_of_errors_say_that_they_cannot_be_silenced(code: str) -> None:
    assert section(code, "Silence") == "An error cannot be silenced."


def test_the_generated_document_is_in_step(tmp_path: Path) -> None:
    write(str(tmp_path / "diagnostics.md"))
    written = (tmp_path / "diagnostics.md").read_text(encoding="utf-8")
    assert written == all_pages()
    assert (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8") == written, (
        "docs/diagnostics.md is out of date: write it with netspec.diagnostics.explain.write"
    )


def test_every_link_of_the_generated_document_has_its_anchor() -> None:
    text = all_pages()
    links, anchors = re.findall(r"\]\(#(\w+)\)", text), re.findall(r'<a id="(\w+)">', text)
    assert links == anchors == [code.lower() for code in CODES]
    assert len(re.findall(r"^## NS", text, re.MULTILINE)) == len(CODES)
