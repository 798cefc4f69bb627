"""NS516: asked for by its whole code, true by a check with `auto` in place, and mended without a change."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.cli.main import main
from netspec.fixing.edits import edited
from netspec.project.check import Checker

ROOT = Path(__file__).parents[2]
ASKED = frozenset(("NS516",))
TEXT = """\
netspec: 1
name: Net
params: {width: 16}
inputs:
  x: [N, 3, 32, 32]
layers:
  conv: {Conv2d: [3, $width, 3, {bias: false}]}
  norm: {BatchNorm2d: 16}
  free: {BatchNorm2d: [8, {affine: false, track_running_stats: false}]}
  fc: {Linear: [14400, 10]}  # netspec: ignore[NS516] seen at a glance
  out: {Linear: {in_features: 10, out_features: 2}}
forward:
  - conv
  - norm
  - free
  - {flatten: 1}
  - fc
  - out
"""


def test_numbers_that_follow_are_found_and_those_that_are_free_are_not() -> None:
    found = Checker(asked=ASKED).check("net.yaml", TEXT.encode())
    assert [(each.code, each.span.start_position.line, each.span.text) for each in found] == [
        ("NS516", 7, "3"),
        ("NS516", 8, "16"),
        ("NS516", 11, "10"),
    ]


def test_nothing_is_said_to_those_who_do_not_ask() -> None:
    assert Checker().check("net.yaml", TEXT.encode()) == ()
    assert netspec.validate_text(TEXT).diagnostics == ()


def test_the_command_line_asks_by_the_whole_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXT)
    for select, count in (("NS", 0), ("NS5", 0), ("NS516", 3), ("NS,NS516", 3), ("NS51", 0)):
        assert main(["validate", str(path), "--select", select, "--format", "concise"]) == 0
        assert capsys.readouterr().out.count("info[NS516]") == count
    assert main(["validate", str(path), "--select", "NS516", "--fix"]) == 0
    mended = TEXT.replace("[3, $w", "[auto, $w").replace("d: 16}", "d: auto}")
    assert path.read_text() == mended.replace("in_features: 10", "in_features: auto")


@pytest.mark.torch
@pytest.mark.parametrize(
    "name", ["mnist", "networks/siamese", "torchvision/alexnet", "torchvision/googlenet"]
)
def test_the_network_with_auto_is_the_same(name: str) -> None:
    torch = pytest.importorskip("torch")
    path = ROOT / "specs" / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    found = Checker(asked=ASKED).check(str(path), text.encode())
    assert found
    mended = edited(text, [edit for each in found for fix in each.fixes for edit in fix.edits])
    assert mended.count("auto") >= text.count("auto") + len(found)
    with torch.device("meta"):
        before, behind = (netspec.compile(netspec.loads(each, path=str(path))) for each in (text, mended))
    assert str(before) == str(behind)
    sizes = [{key: tensor.shape for key, tensor in net.state_dict().items()} for net in (before, behind)]
    assert sizes[0] == sizes[1]
