"""A `view` is refused here exactly where PyTorch refuses it for the strides."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.shapes.layout import strides, viewable

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SIZES = st.lists(st.sampled_from((1, 2, 3, 4)), min_size=1, max_size=4)

BETWEEN = st.lists(
    st.sampled_from(("relu", "gelu", "contiguous", "clone", "t2", "linear", "norm")), max_size=3
)


@st.composite
def views(draw: Any) -> tuple[list[int], list[int], list[int]]:
    """Sizes, an order of them, and a shape of as many elements."""
    sizes = draw(SIZES)
    order = draw(st.permutations(range(len(sizes))))
    parts: list[int] = []
    for size in sizes:
        parts += draw(st.sampled_from(([size], [1, size], [2, 2] if size == 4 else [size])))
    parts = draw(st.permutations(parts))
    wanted: list[int] = []
    for part in parts:
        if wanted and draw(st.booleans()):
            wanted[-1] *= part
        else:
            wanted.append(part)
    return sizes, list(order), wanted


def accepts(tensor: Any, wanted: list[int]) -> bool:
    try:
        tensor.view(wanted)
    except RuntimeError:
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(views())
def test_the_strides_decide_as_pytorch_does(drawn: tuple[list[int], list[int], list[int]]) -> None:
    sizes, order, wanted = drawn
    tensor = torch.zeros(sizes).permute(order)
    shape = tuple(tensor.shape)
    if 1 not in shape:
        assert strides(shape, tuple(order)) == tensor.stride()
    assert viewable(shape, tensor.stride(), tuple(wanted)) == accepts(tensor, wanted)


@settings(max_examples=300, deadline=None)
@given(views(), BETWEEN)
def test_a_spec_with_a_view_is_judged_as_pytorch_judges_it(
    drawn: tuple[list[int], list[int], list[int]], between: list[str]
) -> None:
    sizes, order, wanted = drawn
    rank = len(sizes)
    last = sizes[order[-1]]
    steps: list[Any] = [{"permute": order}]
    layers: dict[str, Any] = {}
    for place, name in enumerate(between):
        if name == "t2":
            steps += [{"transpose": [0, -1]}, {"transpose": [0, -1]}]
        elif name in ("linear", "norm"):
            layers[f"l{place}"] = {"Linear": [last, last]} if name == "linear" else {"LayerNorm": last}
            steps.append(f"l{place}")
        else:
            steps.append(name)
    spec = {
        "netspec": 1,
        "name": "Net",
        "inputs": {"x": sizes},
        "layers": layers,
        "forward": [*steps, {"view": wanted}],
    }
    report = netspec.validate_text(yaml.safe_dump(spec, sort_keys=False))
    found = [each.code for each in report.diagnostics if each.code.startswith("NS4")]
    x = torch.zeros(sizes).permute(order)
    for name in between:
        if name == "linear":
            x = torch.nn.Linear(last, last)(x)
        elif name == "norm":
            x = torch.nn.LayerNorm(last)(x)
        elif name != "t2":
            x = getattr(torch.nn.functional, name)(x) if name == "gelu" else getattr(x, name)()
    assert found == ([] if accepts(x, wanted) else ["NS412"]), rank


def test_a_size_of_one_does_not_hide_it() -> None:
    text = "netspec: 1\nname: Net\ninputs:\n  x: [N, T, 8]\nforward:\n"
    text += "  - {transpose: [0, 1]}\n  - {view: [-1, 8]}\n"
    (found,) = netspec.validate_text(text).diagnostics
    assert found.code == "NS412"
    assert "for N = 2 and T = 2" in found.message
