"""The page in a real browser: it draws what the SVG draws, folds, searches, and runs no code of a spec.

The pictures that it takes lie in the folder that NETSPEC_SCREENSHOTS names.
"""

from __future__ import annotations

import json
import os
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.views.diagram.folding import deepest, opened
from netspec.views.diagram.placement import Placed, Placer

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
chromium = runpy.run_path(str(Path(__file__).with_name("browser.py")))
SPECS, HOSTILE, NAMES = drawn["SPECS"], drawn["HOSTILE"], drawn["NAMES"]
MERMAID = SPECS.parent / ".judges" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
needs_browser = pytest.mark.skipif(
    chromium["CHROMIUM"] is None, reason="the browser that judges here, Chromium, is not installed"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium["browser"](tmp_path_factory.mktemp("profile")) as started:
        yield started.page()


def show(page: Any, html: str, folder: Path, **look: Any) -> None:
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    page.browser.errors.clear()
    page.open(path, **look)
    assert page.browser.errors == []


def picture(page: Any, name: str, folder: Path) -> None:
    """A screenshot, which is not of one colour."""
    kept = Path(os.environ.get("NETSPEC_SCREENSHOTS", folder))
    kept.mkdir(parents=True, exist_ok=True)
    assert len(page.screenshot(kept / f"{name}.png")) > 12_000


def spots(placed: Placed, x: float = 0, y: float = 0) -> Iterator[tuple[int, float, float, float, float]]:
    for child in placed.children:
        yield child.box.number, x + child.x, y + child.y, child.width, child.height
        if child.open:
            yield from spots(child, x + child.x, y + child.y)


def paths(placed: Placed) -> Iterator[str]:
    yield from (path for _, path, _ in placed.paths)
    for child in placed.children:
        if child.open:
            yield from paths(child)


SPOTS = """(() => { const found = []; (function walk(placed, x, y) { for (const c of placed.children) {
found.push([c.box.number, x + c.x, y + c.y, c.width, c.height]); if (c.open) walk(c, x + c.x, y + c.y); } }
)(netspec.placed(), 0, 0); return found; })()"""
WIDE = """[...document.querySelectorAll('.box > .name, .box > .text, .box > .count')].filter((text) => {
const a = text.getBBox(), b = text.parentNode.querySelector('.frame').getBBox();
return a.x < b.x - 1 || a.x + a.width > b.x + b.width + 1; }).map((text) => text.textContent)"""
PATHS = "[...document.querySelectorAll('.way')].map((each) => each.getAttribute('d'))"


@needs_browser
@pytest.mark.parametrize("path", drawn["SHOWN"])
def test_the_page_places_as_the_svg_does(path: str, page: Any, tmp_path: Path) -> None:
    diagram = netspec.diagram(SPECS / path)
    for depth in sorted({2, deepest(diagram.root)}):
        show(page, diagram.html(depth), tmp_path)
        placed = Placer(diagram).place(diagram.root, opened(diagram.root, depth))
        expected = [list(each) for each in spots(placed)]
        found = page.js(SPOTS)
        assert [each[0] for each in found] == [each[0] for each in expected]
        for one, other in zip(found, expected, strict=True):
            assert one == pytest.approx(other, abs=0.01), one[0]
        numbers = [re.findall(r"[\d.]+", each) for each in page.js(PATHS)]
        wanted = [re.findall(r"[\d.]+", each) for each in paths(placed)]
        assert sorted(map(len, numbers)) == sorted(map(len, wanted))


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "path",
    ["mnist", "torchvision/resnet50", "networks/unet", "torchvision/swin_t", "networks/gpt2"],
)
def test_screenshots_at_every_level_of_folding(path: str, dark: bool, page: Any, tmp_path: Path) -> None:
    diagram = netspec.diagram(SPECS / f"{path}.yaml")
    show(page, diagram.html(), tmp_path, dark=dark)
    paper = page.js("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(15, 19, 25)" if dark else "rgb(251, 252, 253)")
    name = f"{Path(path).name}-{'dark' if dark else 'light'}"
    picture(page, name, tmp_path)
    for level in range(1, deepest(diagram.root) + 1):
        numbers = sorted(opened(diagram.root, level))
        page.js(f"netspec.open.clear(); for (const n of {numbers}) netspec.open.add(n); netspec.draw()")
        # Texts keep within their boxes, in the fonts that this browser really has.
        wide = page.js(WIDE)
        assert wide == []
    page.js("document.querySelector('#fit').click()")
    picture(page, f"{name}-open", tmp_path)


@needs_browser
def test_hands_and_keys(page: Any, tmp_path: Path) -> None:
    diagram = netspec.diagram(SPECS / "torchvision" / "resnet50.yaml")
    show(page, diagram.html(1), tmp_path)
    count = "document.querySelectorAll('.box').length"
    find = "[...document.querySelectorAll('.box')].find((b) => b.querySelector('.name').textContent === '%s')"
    layer1 = find % "layer1"
    before = page.js(count)
    page.js(f"{layer1}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
    assert page.js(count) == before + 3
    assert page.js(f"{layer1}.getAttribute('aria-expanded')") == "true"
    assert page.js("document.querySelector('#details h2').textContent") == "layer1"
    page.key("ArrowRight")
    assert page.js("document.activeElement.querySelector('.name').textContent") == "0"
    page.key("Enter")
    assert page.js(count) > before + 10
    page.key("ArrowLeft")
    page.key("ArrowLeft")
    page.key("ArrowLeft")
    assert page.js(count) == before
    assert page.js("document.activeElement.querySelector('.name').textContent") == "layer1"
    page.key("ArrowUp")
    assert page.js("document.querySelector('#details h2').textContent") == "maxpool"
    panel = page.js("document.querySelector('#details').innerText")
    assert "kernel_size" in panel
    assert "- maxpool" in panel
    assert "resnet.yaml:" in panel
    # Search opens what stands around the find.
    page.key("/")
    page.js("document.querySelector('#search').value = 'layer3.4 conv2'")
    page.js("document.querySelector('#search').dispatchEvent(new Event('input'))")
    page.key("Enter")
    assert page.js("document.querySelector('#details h2').textContent") == "layer3.4.conv2"
    assert page.js("document.activeElement.querySelector('.name').textContent") == "conv2"
    page.key("0")
    scale = page.js("document.querySelector('#world').getAttribute('transform')")
    page.key("+")
    assert page.js("document.querySelector('#world').getAttribute('transform')") != scale


@needs_browser
def test_no_name_becomes_markup_or_script(page: Any, tmp_path: Path) -> None:
    text = netspec.diagram(netspec.loads(HOSTILE)).html(99)
    show(page, text, tmp_path)
    names = page.js("[...document.querySelectorAll('.name')].map((each) => each.textContent)")
    assert set(NAMES) < set(names)
    assert page.js("document.querySelectorAll('img, iframe, object, a').length") == 0
    assert page.js("window[1]") is None
    # And the policy of the page would stop a script that got in.
    page.js("const script = document.createElement('script'); script.textContent = 'window.inside = 1'")
    page.js("document.body.append(script)")
    assert page.js("window.inside") is None


def test_the_page_holds_no_text_of_a_spec_as_markup() -> None:
    text = netspec.diagram(netspec.loads(HOSTILE)).html()
    assert text.count("<script") == text.count("</script>") == 2
    assert "<img" not in text
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert data["doc"].startswith("</script><script>")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


@needs_browser
@pytest.mark.skipif(
    not MERMAID.exists(), reason="Mermaid, which judges here, is not installed: scripts/judges.sh"
)
def test_mermaid_draws_every_name_and_runs_none(page: Any, tmp_path: Path) -> None:
    show(
        page,
        f'<!DOCTYPE html><meta charset="utf-8"><script src="{MERMAID.as_uri()}"></script><p id="out"></p>',
        tmp_path,
    )
    page.js("mermaid.initialize({startOnLoad: false, maxTextSize: 1e7, maxEdges: 1e5})")
    for path in ("networks/unet.yaml", "torchvision/googlenet.yaml"):
        diagram = netspec.diagram(SPECS / path)
        for depth in (None, 99):
            assert page.js(f"mermaid.parse({json.dumps(diagram.mermaid(depth))})")["diagramType"].startswith(
                "flow"
            )
    text = netspec.diagram(netspec.loads(HOSTILE)).mermaid(99)
    page.js(f"mermaid.render('drawn', {json.dumps(text)}).then(({{svg}}) => {{ out.innerHTML = svg; }})")
    words = "".join(page.js("out.textContent").split())
    assert [name for name in NAMES if "\\n" not in name and "".join(name.split()) not in words] == []
    assert page.js("document.querySelectorAll('#out img, #out script').length") == 0
    assert page.js("window[1]") is None


@needs_browser
def test_thousands_of_layers_are_shown_at_once(page: Any, tmp_path: Path) -> None:
    deep = {
        "netspec": 1, "name": "Deep", "inputs": {"x": ["N", 8]},
        "layers": {"body": {"Sequential": [{"for": {"i": 1500}, "group": [{"Linear": [8, 8]}, "ReLU"]}]}},
        "forward": ["body"],
    }  # fmt: skip
    show(page, netspec.diagram(deep).html(), tmp_path)
    assert page.js("document.querySelectorAll('.box').length") < 60
    assert page.js("const start = performance.now(); netspec.toggle(1); performance.now() - start") < 1000
