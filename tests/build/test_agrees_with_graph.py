"""The module that the source builds equals the Graph that was checked: shapes, dtypes, and every bit.

Each random spec is compiled and run; the same Graph is evaluated node by node with PyTorch's own
calls, and both are held against the shapes that inference promised.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import netspec
from netspec.build.evaluation import Evaluation
from netspec.diagnostics import Collector
from netspec.graph.elaborate import elaborate
from netspec.shapes.infer import infer
from netspec.shapes.values import DictOf, ListOf, Tensor, TupleOf, Value

pytestmark = pytest.mark.torch

specs = runpy.run_path(str(Path(__file__).with_name("random_specs.py")))["specs"]


def results(output: Any) -> list[torch.Tensor]:
    if isinstance(output, dict):
        return list(output.values())
    return list(output) if isinstance(output, tuple) else [output]


# A wider search: NETSPEC_EXAMPLES=5000.
EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "80"))


def made_for(value: Value, batch: int) -> Any:
    """Random values for an input."""
    match value:
        case Tensor(shape=shape):
            assert shape is not None
            return torch.randn([dim.evaluate({"N": batch}) for dim in shape])
        case ListOf(items=items):
            return [made_for(item, batch) for item in items]
        case TupleOf(items=items):
            return tuple(made_for(item, batch) for item in items)
        case DictOf(items=items):
            return {key: made_for(item, batch) for key, item in items}
    raise AssertionError(value)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=specs(), batch=st.sampled_from((2, 3)), training=st.booleans())
def test_the_module_equals_its_graph(text: str, batch: int, training: bool) -> None:
    # `auto` behind `chunk` of a size that depends on a param has no formula, and is refused.
    assume(all(found.code != "NS306" for found in netspec.validate_text(text).diagnostics))
    spec = netspec.loads(text)
    assert spec.checked.program is not None
    assert spec.checked.params is not None
    collector = Collector()
    graph = elaborate(spec.checked.program, spec.checked.params, collector, training=training)
    shapes = infer(graph, collector)
    assert not collector.has_errors
    torch.manual_seed(0)
    module = netspec.compile(spec).train(training)
    assert netspec.summary(spec).parameters == sum(each.numel() for each in module.parameters())
    inputs = [made_for(shapes.of(each.value), batch) for each in graph.inputs]
    required = [given for each, given in zip(graph.inputs, inputs, strict=True) if each.name != "o"]
    torch.manual_seed(1)
    with torch.no_grad():
        ran = results(module(*inputs))
    torch.manual_seed(1)
    with torch.no_grad():
        direct = Evaluation(graph, module, inputs, {"N": batch}).run()
        shorter = results(module(*required))
    assert len(ran) == len(graph.outputs)
    assert [each.shape for each in shorter] == [each.shape for each in ran]
    for (_, number), tensor in zip(graph.outputs, ran, strict=True):
        promised = shapes.of(number)
        assert isinstance(promised, Tensor)
        assert promised.shape is not None
        sizes = [dim.evaluate({s.name: batch for s in dim.symbols}) for dim in promised.shape]
        assert sizes == list(tensor.shape)
        assert promised.dtype == str(tensor.dtype).removeprefix("torch.")
        assert torch.equal(tensor, direct.values[number])
