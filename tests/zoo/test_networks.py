"""The specs of specs/networks in their full size, against the hand-written classes, and their page.

`tests/promises/test_pairs.py` compares small ones bit for bit; here nothing is computed but shapes.
"""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import netspec

ROOT = Path(__file__).parents[2]
SPECS, CLASSES = ROOT / "specs" / "networks", ROOT / "tests" / "fixtures" / "networks"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))
PAGE = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")


def text_of(name: str) -> str:
    return (SPECS / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_the_full_size_prints_and_holds_the_same(name: str) -> None:
    torch = pytest.importorskip("torch")
    spec = netspec.load(SPECS / f"{name}.yaml")
    written = runpy.run_path(str(CLASSES / f"{name}.py"))[spec.name]
    with torch.device("meta"):
        compiled, wanted = netspec.compile(spec), written()
    assert str(compiled) == str(wanted)
    assert described(compiled.state_dict()) == described(wanted.state_dict())
    assert [n for n, _ in compiled.named_parameters()] == [n for n, _ in wanted.named_parameters()]
    assert netspec.summary(spec).parameters == sum(each.numel() for each in wanted.parameters())


def described(state: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(key, tensor.shape, tensor.dtype) for key, tensor in state.items()]


def test_gpt2_has_its_124_million_parameters() -> None:
    assert netspec.summary(SPECS / "gpt2.yaml").parameters == 124_439_808


def test_gpt2_holds_for_every_text_up_to_its_context_and_for_no_longer_one() -> None:
    assert netspec.validate_text(text_of("gpt2")).ok
    for bound, beyond in (("", 1025), ("<=1025", 1025), ("<=1024", None), ("<=10", None)):
        text = text_of("gpt2").replace("T=1024<=$context", f"T=8{bound}")
        found = netspec.validate_text(text).diagnostics
        assert [(each.code, f"which fails for T = {beyond}: " in each.message) for each in found] == (
            [("NS205", True)] if beyond else []
        )


@pytest.mark.torch
@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_texts_may_have_any_length_in_an_export(name: str) -> None:
    torch = pytest.importorskip("torch")
    facts = runpy.run_path(str(CLASSES / f"{name}.py"))
    net = netspec.compile(SPECS / f"{name}.yaml", **facts["ARGUMENTS"]).eval()
    sizes = {0: torch.export.Dim("N"), 1: torch.export.Dim("T", min=2, max=8)}
    exported = torch.export.export(net, facts["given"](3), dynamic_shapes=(sizes,)).module()
    for batch, length in ((2, 8), (5, 3)):
        tokens = torch.randint(0, 13, (batch, length), generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(exported(tokens), net(tokens))


def test_the_head_of_gpt2_and_its_embedding_are_one_parameter() -> None:
    pytest.importorskip("torch")
    facts = runpy.run_path(str(CLASSES / "gpt2.py"))
    net = netspec.compile(SPECS / "gpt2.yaml", **facts["ARGUMENTS"])
    assert net.lm_head.weight is net.wte.weight
    assert {"lm_head.weight", "wte.weight"} <= set(net.state_dict())
    assert [name for name, each in net.named_parameters() if each is net.wte.weight] == ["wte.weight"]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_each_network_with_its_lengths(name: str) -> None:
    row = re.search(
        rf"^\| \[{name}\]\(\.\./specs/networks/{name}\.yaml\) \|.*\| (\d+) \| (\d+) \|$", PAGE, re.M
    )
    assert row is not None
    assert (int(row[1]), int(row[2])) == (lines_of_spec(name), lines_of_class(name))


def lines_of_spec(name: str) -> int:
    """The lines of a spec without docs, comments and blank lines."""
    text = re.sub(r"^doc: \|\n((  .*)?\n)+", "", text_of(name), flags=re.M)
    lines = [line.strip() for line in text.splitlines()]
    return sum(bool(line) and not line.startswith(("#", "doc:")) for line in lines)


def lines_of_class(name: str) -> int:
    """The lines of the hand-written classes without docs, comments and blank lines."""
    text = (CLASSES / f"{name}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    count = 0
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            inside = lines[node.lineno - 1 : node.end_lineno]
            count += sum(bool(line.strip()) and not line.strip().startswith("#") for line in inside)
            for each in ast.walk(node):
                if isinstance(each, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(each):
                    first = each.body[0]
                    docs = lines[first.lineno - 1 : first.end_lineno]
                    count -= sum(bool(line.strip()) for line in docs)
    return count
