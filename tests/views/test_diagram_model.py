"""The boxes of a diagram against the graph that they show."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import netspec
from netspec.graph.ir import Node
from netspec.views.diagram.folding import deepest, edges, opened, visible
from netspec.views.outline import outline

drawn = runpy.run_path(str(Path(__file__).with_name("drawn.py")))
SPECS, SHOWN = drawn["SPECS"], drawn["SHOWN"]


@pytest.mark.parametrize("path", SHOWN)
def test_each_call_has_one_box_in_the_order_in_which_they_run(path: str) -> None:
    spec = netspec.load(SPECS / path)
    diagram = netspec.diagram(spec)
    graph = spec.checked.graph
    assert graph is not None
    calls = [node for node in graph.nodes if isinstance(node, Node)]
    assert list(outline(graph).calls) == calls
    boxes = [box for box in diagram.root.every if box.kind == "call"]
    assert [box.path for box in boxes] == [".".join(node.module or ()) for node in calls]
    assert [box.op for box in boxes] == [node.op.name for node in calls if node.op is not None]


@pytest.mark.parametrize("path", SHOWN)
def test_at_every_level_of_folding_what_is_read_was_made_above(path: str) -> None:
    """And the leaves' own edges are those of the graph: folding neither adds nor loses a way."""
    root = netspec.diagram(SPECS / path).root
    for depth in range(1, deepest(root) + 1):
        made: set[int] = set()
        for box in visible(root, opened(root, depth)):
            assert made.issuperset(box.reads), (depth, box.name)
            made.update(box.makes)
    numbers = [box.number for box in root.every]
    assert numbers == list(range(len(numbers)))


def test_parameters_are_those_of_the_summary() -> None:
    for path in SHOWN:
        spec = netspec.load(SPECS / path)
        summary, diagram = netspec.summary(spec), netspec.diagram(spec)
        assert diagram.root.parameters == summary.parameters
        assert diagram.root.flops == summary.flops


def test_equal_blocks_in_a_chain_are_one_run() -> None:
    root = netspec.diagram(SPECS / "networks" / "gpt2.yaml").root
    [run] = [box for box in root.every if box.kind == "run"]
    assert (run.text, run.name, len(run.children)) == ("12 × Block(768, 12, 0.1)", "0 … 11", 12)
    # Equal branches that stand side by side are none.
    twins = netspec.diagram(SPECS / "networks" / "siamese.yaml").root
    assert not [box for box in twins.every if box.kind == "run"]


def test_a_box_says_where_it_comes_from() -> None:
    root = netspec.diagram(SPECS / "mnist.yaml").root
    [box] = [box for box in root.every if box.name == "fc1"]
    assert box.arguments == (("in_features", "9216"), ("out_features", "128"))
    assert box.tensors == (("weight", "[128, 9216]"), ("bias", "[128]"))
    lines = [(place.what, place.line, place.text) for place in box.places]
    assert lines == [("declared", 13, "fc1: {Linear: [9216, 128]}"), ("called", 24, "- fc1")]


def test_sizes_that_a_block_names_are_told_in_those_of_the_network() -> None:
    root = netspec.diagram(SPECS / "networks" / "unet.yaml").root
    pads = [box.text for box in root.every if box.op == "pad"]
    assert pads[-1] == "pad((0, W - 2*(W//2), 0, H - 2*(H//2)))"


def test_ten_thousand_layers_start_folded() -> None:
    layers = "\n".join(f"  l{i}: {{Linear: [8, 8]}}\n  a{i}: ReLU" for i in range(500))
    steps = "\n".join(f"  - l{i}\n  - a{i}" for i in range(500))
    long = f"netspec: 1\nname: Long\ninputs: {{x: [N, 8]}}\nlayers:\n{layers}\nforward:\n{steps}\n"
    root = netspec.diagram(netspec.loads(long)).root
    assert len(list(visible(root, opened(root, 1)))) <= 60
    deep = {
        "netspec": 1, "name": "Deep", "inputs": {"x": ["N", 8]},
        "layers": {"body": {"Sequential": [{"Linear": [8, 8], "repeat": 10_000}]}}, "forward": ["body"],
    }  # fmt: skip
    root = netspec.diagram(deep).root
    shown = list(visible(root, opened(root)))
    assert any("10000 × Linear(8, 8)" in box.text for box in shown)
    assert len(shown) < 50


def test_edges_are_labelled_with_shapes() -> None:
    diagram = netspec.diagram(SPECS / "torchvision" / "resnet18.yaml")
    labels = [edge.shape for edge in edges(diagram.root, opened(diagram.root, 1), diagram.labels)]
    assert labels[:2] == ["[N, 3, H, W]", "[N, 64, ~112, ~112]"]
