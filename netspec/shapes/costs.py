"""What a network costs: values in parameters and buffers, FLOPs, and bytes of activations.

Parameters that are tied are counted once, under the name that they had first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.graph.ir import Graph, Node, Own, TensorPath, ValueList, ValueNumber
from netspec.shapes.dims import ZERO, Dim, product
from netspec.shapes.flops import flops
from netspec.shapes.infer import Shapes
from netspec.shapes.memory import VIEWS
from netspec.shapes.parts import PARTS
from netspec.shapes.saved import BYTES
from netspec.shapes.values import ListOf, Tensor, TupleOf, Value
from netspec.shapes.weights import tensors


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call: FLOPs, None where no shape is known, and the size of the result in bytes (0 for a
    view or an in-place step)."""

    flops: Dim | None
    memory: Dim | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of values: in the `parameters` and `buffers` of each module that has some."""

    parameters: Mapping[tuple[str, ...], int]
    buffers: Mapping[tuple[str, ...], int]

    def below(self, path: tuple[str, ...]) -> tuple[int, int]:
        """The numbers of a module and all in it."""
        parameters, buffers = (
            sum(count for each, count in counts.items() if each[: len(path)] == path)
            for counts in (self.parameters, self.buffers)
        )
        return parameters, buffers


def cost(node: Node, shapes: Shapes) -> Cost:
    """What one call costs."""
    assert node.op is not None
    settings = shapes.settings.get(node.module, {}) if node.module is not None else {}
    inputs = {name: _value(argument, shapes) for name, argument in node.arguments.items()}
    results = [shapes.of(number) for number in node.results.flat]
    whole = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
    count = flops(node.op.name, settings, inputs, results[0]) if results else ZERO
    # In a module made of others, only a part works in place.
    inplace = node.op.name not in PARTS and True in (settings.get("inplace"), inputs.get("inplace"))
    shared = node.op.name in VIEWS or node.op.mutates or inplace
    return Cost(count, ZERO if shared else _memory(whole))


def counts(graph: Graph, shapes: Shapes) -> Counts:
    """The values that modules own."""
    tied = {_holder(graph, each.target) for each in graph.shared}
    found: dict[str, dict[tuple[str, ...], int]] = {"parameter": {}, "buffer": {}}
    for path, module in graph.leaves.items():
        if module.op is None:
            continue
        for each in tensors(module.op.name, shapes.settings.get(path, {})) if path in shapes.settings else ():
            if (path, each.name) not in tied:
                size = product(each.shape or ()).value or 0
                found[each.kind][path] = found[each.kind].get(path, 0) + size
    for node in {(node.module, node.tensor): node for node in graph.nodes if isinstance(node, Own)}.values():
        if (node.module, node.tensor) not in tied:
            value = shapes.of(node.value)
            shape = value.shape if isinstance(value, Tensor) else None
            size = product(shape or ()).value or 0
            found[node.kind][node.module] = found[node.kind].get(node.module, 0) + size
    return Counts(found["parameter"], found["buffer"])


def _holder(graph: Graph, tensor: TensorPath) -> tuple[tuple[str, ...], str]:
    """The module that a tensor is counted with, and its name there."""
    parts = (*tensor.module, tensor.tensor)
    for length in range(len(tensor.module), 0, -1):
        if tensor.module[:length] in graph.modules:
            return tensor.module[:length], ".".join(parts[length:])
    return (), ".".join(parts)


def total(amounts: Iterable[Dim | None]) -> Dim | None:
    """The sum; None where a part is not known."""
    sum_ = ZERO
    for amount in amounts:
        if amount is None:
            return None
        sum_ = sum_ + amount
    return sum_


def typical_sizes(graph: Graph) -> dict[str, int]:
    """Declared typical sizes, and 1 for all other named sizes of the inputs."""
    declared = {name: size for each in graph.inputs for name, size in each.typical.items()}
    names = {symbol.name for each in graph.inputs for symbol in each.symbols}
    return {name: declared.get(name, 1) for name in names}


def _value(argument: Any, shapes: Shapes) -> Any:
    match argument:
        case ValueNumber(value=number):
            return shapes.of(number)
        case ValueList(items=items):
            return ListOf(tuple(_value(item, shapes) for item in items))
    return argument


def _memory(value: Value) -> Dim | None:
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return None if shape is None or dtype is None else product(shape) * BYTES.get(dtype, 4)
        case TupleOf(items=items) | ListOf(items=items):
            return total(_memory(item) for item in items)
    return ZERO
