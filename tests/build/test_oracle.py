"""`validate --oracle torch`: PyTorch agrees with the checks on every spec here, and a wrong rule is found."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.build.oracle import disagreements
from netspec.cli.main import main
from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions import FUNCTION_RULES
from netspec.shapes.values import Tensor

pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]
SPECS = [path for path in sorted(ROOT.glob("specs/**/*.yaml")) if "recipes" not in path.parts]
NET = """
netspec: 1
name: Net
inputs:
  x: [N, 8]
forward:
  - {unsqueeze: 1}
  - relu
  - {flatten: 1}
"""


def with_rule(monkeypatch: pytest.MonkeyPatch, op: str, rule: Rule) -> None:
    """A rule in place of the op's own, whose file must be loaded before."""
    assert FUNCTION_RULES[op] is not rule
    monkeypatch.setitem(FUNCTION_RULES._found, op, rule)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_pytorch_agrees_step_by_step(path: Path) -> None:
    assert disagreements(netspec.load(path).checked) == ()


def test_a_wrong_shape_is_reported_once_at_its_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(call: Call) -> Tensor:
        tensor = call.tensor("input")
        return Tensor((tensor.shape or ())[:2], "float64")

    with_rule(monkeypatch, "relu", wrong)
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    report = netspec.validate(path, oracle="torch")
    (found,) = report.diagnostics
    assert (found.code, found.span.text) == ("NS903", "relu")
    assert "makes float32 [16, 1, 8] in `relu` for N = 16" in found.message
    assert "the checks promise float64 [16, 1]" in found.message
    assert main(["validate", str(path), "--oracle", "torch", "--format", "concise"]) == 1
    assert "NS903" in capsys.readouterr().out


def test_what_pytorch_refuses_is_reported_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rule(monkeypatch, "view", lambda call: Tensor(call.tensor("input").shape))
    text = NET.replace("relu", "{view: [3, 5]}")
    (found,) = netspec.validate_text(text, path="refused.yaml", oracle="torch").diagnostics
    assert found.code == "NS902"
    assert found.span.text == "view"
    assert "invalid for input of size" in found.notes[0]


def test_a_good_spec_stays_good() -> None:
    assert netspec.validate_text(NET, oracle="torch").diagnostics == ()
