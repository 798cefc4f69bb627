"""Mermaid and DOT: their grammar holds whatever the names are, and they say what the diagram has."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

import netspec
from netspec.views.diagram.folding import edges, opened, visible

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
SPECS, SHOWN, HOSTILE, NAMES = (drawn[name] for name in ("SPECS", "SHOWN", "HOSTILE", "NAMES"))
TEXT = r'"(?:[A-Za-z0-9 .,=_\-+/()\[\]:…×]|#\d+;|<br/>)*"'
MERMAID_LINES = [
    r"flowchart TD",
    rf"n\d+(?:\(\[{TEXT}\]\)|\[\({TEXT}\)\]|\[\[{TEXT}\]\]|\[{TEXT}\])",
    rf"subgraph n\d+ \[{TEXT}\]",
    r"end",
    rf"n\d+ -->\|{TEXT}\| n\d+",
    r"classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#1c2128",
    r"class n\d+(?:,n\d+)* [a-z]+",
]
MERMAID = re.compile("|".join(MERMAID_LINES))
QUOTED = r'"(?:[^"\\\n]|\\.)*"'
DOT_LINES = [
    rf"digraph {QUOTED} \{{",
    rf'(?:graph|node|edge) \[(?:[a-z]+=(?:{QUOTED}|[\w.]+),? ?)+\];|rankdir=TB;',
    r"subgraph cluster_\d+ \{",
    rf"label={QUOTED};",
    rf"n\d+ \[label={QUOTED}, fillcolor={QUOTED}, color={QUOTED}(?:, peripheries=2)?\];",
    rf"n\d+ -> n\d+ \[label={QUOTED}\];",
    r"\}",
]  # fmt: skip
DOT = re.compile("|".join(DOT_LINES))


def hold(text: str, line: re.Pattern[str]) -> None:
    for each in text.splitlines():
        assert line.fullmatch(each.strip()), each


@pytest.mark.parametrize("path", SHOWN)
@pytest.mark.parametrize("depth", [None, 1, 99])
def test_the_texts_keep_their_grammar_and_have_each_box_and_edge(path: str, depth: int | None) -> None:
    diagram = netspec.diagram(SPECS / path)
    mermaid, dot = diagram.mermaid(depth), diagram.dot(depth)
    hold(mermaid, MERMAID)
    hold(dot, DOT)
    open = opened(diagram.root, depth)
    arrows = [(edge.source, edge.target) for edge in edges(diagram.root, open, diagram.labels)]
    for pattern, text in ((r"n(\d+) -->\|.*\| n(\d+)", mermaid), (r"n(\d+) -> n(\d+) ", dot)):
        assert [(int(a), int(b)) for a, b in re.findall(pattern, text)] == arrows
    shown = [box.number for box in visible(diagram.root, open)]
    assert [int(n) for n in re.findall(r"^ *n(\d+)[(\[]", mermaid, re.MULTILINE)] == shown
    assert [int(n) for n in re.findall(r"^ *n(\d+) \[label", dot, re.MULTILINE)] == shown
    assert mermaid.count("subgraph") == mermaid.split().count("end")


def test_no_name_becomes_syntax() -> None:
    diagram = netspec.diagram(netspec.loads(HOSTILE))
    hold(diagram.mermaid(99), MERMAID)
    hold(diagram.dot(99), DOT)
    labels = re.findall(r'n\d+\["(.*?)<br/>Linear', diagram.mermaid(99))
    decoded = [re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) for label in labels]
    assert decoded == NAMES


@pytest.mark.parametrize("path", [None, *SHOWN])
def test_graphviz_reads_the_dot(path: str | None) -> None:
    nop = shutil.which("nop")
    if nop is None:
        pytest.skip("Graphviz, whose parser judges here, is not installed")
    diagram = netspec.diagram(netspec.loads(HOSTILE) if path is None else SPECS / path)
    for depth in (None, 1, 99):
        done = subprocess.run([nop], input=diagram.dot(depth), capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_command_writes_both(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from netspec.cli import main

    spec = str(SPECS / "mnist.yaml")
    assert main(["graph", spec]) == 0
    assert capfd.readouterr().out.startswith("flowchart TD\n")
    assert main(["graph", spec, "-o", str(tmp_path / "net.dot")]) == 0
    assert (tmp_path / "net.dot").read_text(encoding="utf-8").startswith('digraph "Net" {')
    assert main(["graph", spec, "--format", "svg", "-o", str(tmp_path / "net.dot")]) == 2
    assert "exists" in capfd.readouterr().err
