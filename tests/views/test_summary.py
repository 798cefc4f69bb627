"""The summary by blocks, for a batch, and in each format."""

from __future__ import annotations

import json
import re
import runpy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

import netspec
from netspec.cli import main
from netspec.shapes.costs import total
from netspec.views.summary import Part

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
SPECS, HOSTILE, NAMES = drawn["SPECS"], drawn["HOSTILE"], drawn["NAMES"]


def leaves(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        if part.parts:
            yield from leaves(part.parts)
        elif part.op != "input":
            yield part


@pytest.mark.parametrize("path", drawn["SHOWN"])
def test_blocks_add_up_to_the_total_at_every_depth(path: str) -> None:
    summary = netspec.summary(SPECS / path)

    def check(part: Part) -> None:
        if part.parts:
            assert part.parameters == sum(each.parameters for each in part.parts)
            assert part.flops == total(each.flops for each in part.parts)
            assert part.memory == total(each.memory for each in part.parts)
            for each in part.parts:
                check(each)

    for part in summary.parts:
        check(part)
    steps = [part for part in leaves(summary.parts) if part.op != "parameter"]
    assert [part.op for part in steps] == [row.op for row in summary.rows]
    assert [part.flops for part in steps] == [row.flops for row in summary.rows]
    assert sum(part.parameters for part in leaves(summary.parts)) == summary.parameters


def test_a_depth_folds_blocks() -> None:
    summary = netspec.summary(SPECS / "networks" / "gpt2.yaml")
    names = [line.split()[0] for line in summary.text(depth=1).splitlines()[2:12]]
    assert names == ["tokens", "wte", "arange", "wpe", "add", "drop", "h", "ln_f", "lm_head", "------------"]
    deep = summary.text(depth=2).splitlines()
    assert [line.split()[0] for line in deep if line.startswith("  ")] == [str(i) for i in range(12)]
    whole = summary.text()
    assert "      c_attn" in whole
    assert len(whole.splitlines()) > len(deep) + 12 * 10


def test_a_batch_puts_sizes_in() -> None:
    summary = netspec.summary(SPECS / "mnist.yaml").at_batch(32)
    assert "[32, 64, 12, 12]" in str(summary)
    assert "N" not in re.sub(r"for N = 32|FLOPs|N/A", "", str(summary).split("\n\n")[0])
    data = summary.to_dict()
    assert data["sizes"] == {"N": 32}
    assert data["at_sizes"]["flops"] == 32 * 23_984_896
    assert data["total"]["flops"] == "23984896*N"
    unet = netspec.summary(SPECS / "networks" / "unet.yaml").at(H=64, W=32)
    assert "[1, 1024, 4, 2]" in str(unet)


def test_sizes_that_are_none_are_refused() -> None:
    with pytest.raises(netspec.NetspecError, match="no size is called `Q` here; named sizes: N"):
        netspec.summary(SPECS / "mnist.yaml").at(Q=3)
    fixed = netspec.loads("netspec: 1\nname: Fixed\ninputs: {x: [4, 8]}\nforward: [relu]\n")
    with pytest.raises(netspec.NetspecError, match="has no name"):
        netspec.summary(fixed).at_batch(3)


@pytest.mark.parametrize(
    "path", ["torchvision/resnet50.yaml", "torchvision/swin_t.yaml", "networks/unet.yaml"]
)
@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_is_wide_enough(path: str, width: int) -> None:
    text = netspec.summary(SPECS / path).text(depth=2, width=width)
    assert max(map(len, text.split("\n\n")[0].splitlines())) <= max(width, 90)


def test_markdown_is_a_table_and_no_more() -> None:
    text = netspec.summary(netspec.loads(HOSTILE)).markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {7}
    assert not re.search(r"[<>`\[\]*](?<!\*\*)", re.sub(r"\*\*", "", "\n".join(table)))
    decoded = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text)
    assert all(f"| {name} |" in decoded for name in NAMES)


def test_html_shows_every_cell_and_runs_nothing() -> None:
    text = netspec.summary(netspec.loads(HOSTILE)).html()
    root = ET.fromstring(
        re.sub(r"<meta[^>]*>", "", text.removeprefix("<!DOCTYPE html>")).replace("<br>", " ")
    )
    cells = [cell.text for cell in root.iter("td")]
    assert set(NAMES) < set(cells)
    tags = {each.tag for each in root.iter()}
    assert tags == set("html head title body div style table caption thead tbody tfoot tr th td p".split())


def test_the_command_has_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(SPECS / "mnist.yaml")
    assert main(["summary", spec, "--batch", "4", "--depth", "1"]) == 0
    assert "for N = 4:" in capsys.readouterr().out
    assert main(["summary", spec, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["blocks"] == []
    for format, start in (("markdown", "| step |"), ("html", "<!DOCTYPE html>")):
        assert main(["summary", spec, "--format", format]) == 0
        assert capsys.readouterr().out.startswith(start)
    assert main(["summary", spec, "--size", "Q=3"]) == 2
    assert "no size is called `Q`" in capsys.readouterr().err
    assert main(["summary", spec, "--size", "N"]) == 2
