"""Classes that extend a layer: what their forward takes over from it becomes the step `super`."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from netspec.importer.graph import SUPER, Node, Ref, Sized, Trace, refs_in
from netspec.importer.modes import renumbered
from netspec.importer.refusal import Refusal
from netspec.importer.tracer import trace_forward
from netspec.importer.variations import canonical


def calls_super(trace: Trace) -> bool:
    return any(node.path == SUPER for node in trace.nodes)


def with_super(trace: Trace, base: type[nn.Module], *, training: bool) -> Trace | None:
    """The trace with what `base.forward` would call as one call of `super`; None if it is not there."""
    expected = _expected(trace, base, training)
    if expected is None or not expected.nodes or not isinstance(expected.outputs, Ref):
        return None
    length = len(expected.nodes)
    for start in range(len(trace.nodes) - length + 1):
        numbers = _matches(trace.nodes[start : start + length], expected)
        if numbers is not None:
            taken = Ref(numbers[expected.inputs[0][1]])
            call = Node(
                "",
                SUPER,
                (taken,),
                {},
                Ref(numbers[expected.outputs.value]),
                trace.nodes[start].place,
                effect=True,
            )
            return replace(trace, nodes=[*trace.nodes[:start], call, *trace.nodes[start + length :]])
    return None


def _expected(trace: Trace, base: type[nn.Module], training: bool) -> Trace | None:
    """What the layer itself does with an input of the same shape."""
    if not trace.inputs:
        return None
    known = trace.values[trace.inputs[0][1]]
    if known.shape is None or known.dtype is None or known.integer is not None:
        return None
    candidates = {known.shape} | {
        value.shape for value in trace.values if value.shape is not None and value.integer is None
    }
    for shape in (known.shape, *sorted(candidates - {known.shape})):
        module = copy.deepcopy(trace.module).train(training)
        try:
            found = trace_forward(module, base.forward, torch.zeros(shape, dtype=known.dtype))
        except (RuntimeError, ValueError, IndexError, Refusal):
            continue  # a shape that the layer does not take
        if _fits(trace, found):
            return found
    return None


def _fits(trace: Trace, expected: Trace) -> bool:
    length = len(expected.nodes)
    starts = range(len(trace.nodes) - length + 1)
    return any(_matches(trace.nodes[start : start + length], expected) is not None for start in starts)


def _matches(nodes: list[Node], expected: Trace) -> dict[int, int] | None:
    """Which values of the trace are those of what is expected; None where the calls differ."""
    numbers: dict[int, int] = {}
    for node, other in zip(nodes, expected.nodes, strict=True):
        for mine, theirs in zip(_values(node), _values(other), strict=False):
            numbers.setdefault(theirs, mine)
        wanted = renumbered(_bare(other), numbers)
        if canonical(wanted) != canonical(_bare(node)):
            return None
    return numbers if expected.inputs[0][1] in numbers else None


def _bare(node: Node) -> Node:
    return replace(node, args=_numbers(node.args), kwargs=_numbers(node.kwargs), mode=None, place=None)


def _numbers(thing: Any) -> Any:
    """Sizes as the numbers they came to: a layer keeps them as attributes, others read them."""
    match thing:
        case Sized(value=value):
            return value
        case tuple() | list():
            return tuple(map(_numbers, thing))
        case dict():
            return {key: _numbers(each) for key, each in thing.items()}
    return thing


def _values(node: Node) -> list[int]:
    return [ref.value for ref in refs_in((node.args, node.kwargs, node.results))]
