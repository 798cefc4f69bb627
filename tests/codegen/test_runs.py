"""The golden sources run: on their own, with PyTorch alone, for the inputs that their specs declare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import netspec

pytestmark = pytest.mark.torch

FIXTURES = Path(__file__).parents[1] / "fixtures" / "codegen"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))


def inputs_of(spec: netspec.Spec) -> list[torch.Tensor]:
    graph = spec.checked.graph
    assert graph is not None
    made = []
    for each in graph.inputs:
        assert each.shape is not None
        sizes = [
            dim.evaluate({s.name: each.typical.get(s.name, 2) for s in dim.symbols}) for dim in each.shape
        ]
        whole = each.dtype == "int64"
        made.append(torch.randint(0, 9, sizes) if whole else torch.randn(sizes))
    return made


def tensors(result: Any) -> list[torch.Tensor]:
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("name", NAMES)
def test_the_text_alone_gives_what_the_compiled_class_gives(name: str) -> None:
    spec = netspec.load(FIXTURES / f"{name}.yaml")
    namespace: dict[str, Any] = {"__name__": "alone"}
    exec(netspec.source(spec), namespace)
    torch.manual_seed(0)
    alone = namespace[spec.name]()
    torch.manual_seed(0)
    compiled = netspec.compile(spec)
    assert str(alone) == str(compiled)
    inputs = inputs_of(spec)
    torch.manual_seed(0)
    first = tensors(alone(*inputs))
    torch.manual_seed(0)
    second = tensors(compiled(*inputs))
    assert [tensor.shape for tensor in first] == [tensor.shape for tensor in second]
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_class_with_params_is_right_for_other_values() -> None:
    spec = netspec.load(FIXTURES / "auto_over_params.yaml")
    net = netspec.compile_class(spec)(width=3, depth=5)
    assert net(torch.randn(2, 3, 10, 10)).shape == (2, 10)
    assert net.fc.in_features == 16 * 15


def test_every_submodule_bears_the_name_of_the_spec() -> None:
    net = netspec.compile(FIXTURES / "odd_names.yaml")
    names = ["0", "block1-0", "a'b", 'say "hi"', "self", "class", "__private", "größe"]
    assert [name for name, _ in net.named_children()] == names
    assert "a'b.c d.weight" in net.state_dict()
