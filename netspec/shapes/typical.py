"""The network at its typical sizes: `x: [N, 3, H=224, W=224]` says that it is made for 224 x 224.

What is proven of a named size holds for all its values; that an input is large enough for every kernel can
only be demanded of the caller. A network that its own typical sizes do not satisfy is a mistake for certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netspec.diagnostics import Collector
from netspec.graph.ir import Graph, GraphInput
from netspec.shapes.dims import Dim, const
from netspec.shapes.infer import Shapes, infer
from netspec.shapes.values import DictOf, ListOf, Tensor, TupleOf, Value


def check_typical(graph: Graph, shapes: Shapes, collector: Collector) -> None:
    """Report what fails at the typical sizes, of a graph that is right for sizes that are large enough."""
    typical = {name: size for each in graph.inputs for name, size in each.typical.items()}
    if not typical or collector.has_errors:
        return
    values = {name: const(size) for name, size in typical.items()}
    if not any(size.substitute(values).bounds[1] <= 0 for size in _sizes(shapes)):
        return
    own = Collector()
    inputs = tuple(_at(each, values) for each in graph.inputs)
    infer(replace(graph, inputs=inputs), own, sizes=values)
    listed = ", ".join(f"{name} = {size}" for name, size in typical.items())
    note = f"fails for {listed}, which `inputs` says is typical"
    for found in own.diagnostics:
        if found.severity == "error":
            collector.include(replace(found, notes=(*found.notes, note)))


def _sizes(shapes: Shapes) -> set[Dim]:
    """Every size of every value that is no plain number."""
    return {
        size
        for value in shapes.values.values()
        for tensor in _tensors(value)
        for size in tensor.shape or ()
        if size.value is None
    }


def _tensors(value: Value) -> Iterator[Tensor]:
    match value:
        case Tensor():
            yield value
        case TupleOf(items=items) | ListOf(items=items):
            for item in items:
                yield from _tensors(item)
        case DictOf(items=pairs):
            for _, item in pairs:
                yield from _tensors(item)


def _at(declared: GraphInput, values: Mapping[str, Dim]) -> GraphInput:
    """An input with sizes in place of their names."""

    def sized(shape: tuple[Dim, ...] | None) -> tuple[Dim, ...] | None:
        return None if shape is None else tuple(size.substitute(values) for size in shape)

    return replace(
        declared,
        shape=sized(declared.shape),
        items=tuple(sized(shape) for shape in declared.items),
        parts=tuple((key, _at(part, values)) for key, part in declared.parts),
    )
