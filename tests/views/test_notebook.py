"""What notebooks show: escaped, coloured, with nothing that reaches out of its own element."""

from __future__ import annotations

import base64
import re
import runpy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
chromium = runpy.run_path(str(Path(__file__).with_name("browser.py")))
SPECS, HOSTILE, NAMES = drawn["SPECS"], drawn["HOSTILE"], drawn["NAMES"]
BAD = HOSTILE.replace("{Linear: [4, 4]}", "{Linear: [5, 4, '<b>&amp;</b>']}")
needs_browser = pytest.mark.skipif(
    chromium["CHROMIUM"] is None, reason="the browser that judges here, Chromium, is not installed"
)


def parsed(html: str) -> ET.Element:
    return ET.fromstring(f"<body>{html.replace('<br>', ' ')}</body>")


def test_a_spec_shows_its_table_and_its_diagram() -> None:
    html = netspec.loads(HOSTILE)._repr_html_()
    # Void elements are no XML.
    found = re.search(r'<img alt="Net" style="max-width:100%" src="data:image/svg\+xml;base64,(.*?)">', html)
    assert found is not None
    ET.fromstring(base64.b64decode(found[1]))
    root = parsed(html.replace(found[0], ""))
    tags = {each.tag for each in root.iter()}
    assert tags <= set(
        "body div style table caption small thead tbody tfoot tr th td p details summary".split()
    )
    assert set(NAMES) < {cell.text for cell in root.iter("td")}


def test_a_report_is_its_text_with_colours() -> None:
    report = netspec.validate_text(BAD)
    root = parsed(report._repr_html_())
    style = root.find(".//style")
    assert style is not None
    style.text = ""
    assert "".join(root.itertext()) == report.render("full")
    assert {each.tag for each in root.iter()} == {"body", "pre", "style", "b"}
    marks = [each.text for each in root.iter("b") if each.get("class") == "c31"]
    assert any(mark is not None and mark.startswith("error[NS") for mark in marks)
    assert any(mark is not None and set(mark) == {"^"} for mark in marks)


@pytest.mark.parametrize("make", [lambda: netspec.loads(HOSTILE), lambda: netspec.validate_text(BAD)])
def test_its_style_is_its_own(make: Any) -> None:
    """Every rule is for what stands within the element: a notebook has many."""
    html = make()._repr_html_()
    for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL):
        rules = re.sub(r"@media\([^)]*\)\{(.*?\})\}", r"\1", style, flags=re.DOTALL)
        for selector in re.findall(r"(?:^|\})\s*([^{}]+)\{", rules):
            assert selector.startswith(".netspec-"), selector


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium["browser"](tmp_path_factory.mktemp("profile")) as started:
        yield started.page()


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_a_browser(dark: bool, page: Any, tmp_path: Path) -> None:
    spec, report = netspec.loads(HOSTILE), netspec.validate_text(BAD)
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!DOCTYPE html><meta charset=utf-8>{spec._repr_html_()}{report._repr_html_()}", encoding="utf-8"
    )
    page.open(path, dark=dark)
    assert page.js("window[1]") is None
    assert page.js("document.querySelectorAll('script, iframe').length") == 0
    assert page.js("document.querySelector('pre').innerText.includes('error[NS')")
    page.js("document.querySelector('details').open = true")
    assert page.js("document.querySelector('img').naturalWidth") > 100
    look = "getComputedStyle(document.querySelector('%s')).%s"
    for element in (".netspec-summary", ".netspec-report"):
        ink, ground = (page.js(look % (element, what)) for what in ("color", "backgroundColor"))
        brightness = [sum(map(int, re.findall(r"\d+", each)[:3])) for each in (ink, ground)]
        assert (brightness[0] > brightness[1] + 400) if dark else (brightness[1] > brightness[0] + 400)
