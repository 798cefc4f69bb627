"""Specs with blocks, loops, branches and optional inputs: after each fix of a lint the file is good, and the
network answers as before, to the last bit."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings

import netspec
from netspec.fixing.edits import edited

pytestmark = pytest.mark.torch

BUILD = Path(__file__).parents[1] / "build"
specs = runpy.run_path(str(BUILD / "random_specs.py"))["specs"]
made_for = runpy.run_path(str(BUILD / "test_agrees_with_graph.py"))["made_for"]
MENDED: Counter[str] = Counter()


def answers(
    text: str, state: dict[str, torch.Tensor] | None
) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    """What a network makes of one batch in evaluation, with the weights of `state` that it has."""
    torch.manual_seed(0)
    spec = netspec.loads(text)
    net = netspec.compile(spec).eval()
    if state is not None:
        net.load_state_dict({name: state[name] for name in net.state_dict()})
    torch.manual_seed(1)
    graph, shapes = spec.checked.graph, spec.checked.shapes
    assert graph is not None
    assert shapes is not None
    with torch.no_grad():
        output = net(**{each.name: made_for(shapes.of(each.value), 2) for each in graph.inputs})
    values = (
        output.values() if isinstance(output, dict) else output if isinstance(output, tuple) else [output]
    )
    return list(values), net.state_dict()


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=specs())
def mend_all(text: str) -> None:
    report = netspec.validate_text(text)
    fixes = [(found, fix) for found in report.diagnostics for fix in found.fixes] if report.ok else []
    if not fixes:
        return
    before, state = answers(text, None)
    for found, fix in fixes:
        mended = edited(text, fix.edits)
        left = netspec.validate_text(mended)
        assert left.ok, (found.message, str(left))
        if found.code in ("NS501", "NS502", "NS504", "NS505", "NS509"):
            behind, _ = answers(mended, state)
            assert len(before) == len(behind)
            assert all(map(torch.equal, before, behind)), (found.message, mended)
            MENDED[found.code] += 1


def test_after_a_fix_the_file_is_good_and_the_network_the_same() -> None:
    mend_all()
    assert {code for code in ("NS501", "NS502", "NS504", "NS509") if MENDED[code]} == {
        "NS501", "NS502", "NS504", "NS509",
    }, MENDED  # fmt: skip
