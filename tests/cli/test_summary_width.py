"""`netspec summary` stays readable where formulas do not."""

from pathlib import Path

import netspec

SPECS = Path(__file__).parents[2] / "specs"


def test_a_long_formula_gives_way_to_its_value() -> None:
    summary = netspec.summary(SPECS / "torchvision" / "resnet18.yaml")
    text = str(summary)
    assert summary.flops is not None
    value = summary.flops.evaluate(summary.typical)
    total = next(line for line in text.splitlines() if line.startswith("total"))
    assert f"~{value:,}" in total
    assert text.endswith("~: the value for these sizes, where the formula is long")
    assert max(map(len, text.splitlines())) < 220


def test_a_short_formula_stays() -> None:
    assert "~" not in str(netspec.summary(SPECS / "mnist.yaml"))
