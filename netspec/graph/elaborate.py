"""Program and params -> Graph: `elaborate(program, values, catalog, collector)`.

Arguments get their values and are bound once more with them, so that a number which comes from an
expression is checked like one that is written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from netspec.catalog.bind import Binding
from netspec.diagnostics import Collector, Span
from netspec.graph.calls import Calls
from netspec.graph.evaluate import Unevaluated, formula_value, released, value_of
from netspec.graph.ir import Graph, GraphInput, ModuleNode
from netspec.resolve.binding import check_arguments
from netspec.resolve.program import (
    Argument,
    Arguments,
    Dimension,
    Input,
    Layer,
    Module,
    Operand,
    Program,
)
from netspec.shapes.dims import Dim, const, symbol


def elaborate(program: Program, params: Mapping[str, Any], collector: Collector) -> Graph:
    """The graph of the main module for these params (values, or `Dim`s over params).

    Faulty layers and calls stay in the graph, marked, so that what does not depend on them is
    still checked.
    """
    module = program.main
    names = _names(module, params, collector)
    children = tuple(_layer(layer, (), names, collector) for layer in module.layers)
    root = ModuleNode((), module.name, module.span, children=children)
    good = [each for each in module.inputs if not each.faulty]
    inputs = tuple(_input(each, index, names, collector) for index, each in enumerate(good))
    dimensions = {d.name: symbol(d.name) for each in module.inputs for d in each.shape if d.kind == "name"}
    calls = Calls(root, {**names, **dimensions}, dict(module.values), collector)
    for call in module.forward:
        calls.add(call)
    outputs: tuple[tuple[str, int], ...] = ()
    if module.output is not None:
        outputs = tuple((key, calls.number(ref.value)) for key, ref in module.output.items)
    return Graph(
        name=module.name,
        params=dict(params),
        inputs=inputs,
        root=root,
        nodes=tuple(calls.nodes),
        output=module.output.kind if module.output is not None else None,
        outputs=outputs,
        values=calls.values,
        span=module.span,
        leaves=calls.leaves,
    )


def _names(module: Module, params: Mapping[str, Any], collector: Collector) -> dict[str, Any]:
    names = dict(params)
    for let in module.lets:
        try:
            names[let.name] = formula_value(let.formula, names, collector)
        except Unevaluated:
            continue
    return names


def _layer(
    layer: Layer, above: tuple[str, ...], names: Mapping[str, Any], collector: Collector
) -> ModuleNode:
    path = (*above, layer.name)
    children = tuple(_layer(child, path, names, collector) for child in layer.children)
    node = ModuleNode(path, layer.class_name, layer.span, op=layer.op, children=children)
    if layer.op is None or layer.faulty:
        return node
    bound = bind_values(
        layer.op.name, layer.op.signatures, layer.arguments, names, collector, layer.op_span or layer.span
    )
    if bound is None:
        return node
    binding, spans = bound
    return ModuleNode(
        path,
        layer.class_name,
        layer.span,
        op=layer.op,
        settings={name: released(value) for name, value in binding.arguments.items()},
        given=frozenset(binding.given),
        spans=spans,
    )


def bind_values(
    name: str,
    signatures: Any,
    arguments: Arguments,
    names: Mapping[str, Any],
    collector: Collector,
    span: Span,
) -> tuple[Binding, dict[str, Span]] | None:
    """Bind constructor arguments with their values; None after a report."""

    def value(operand: Operand) -> Any:
        return value_of(cast(Argument, operand), names, collector)

    try:
        binding = check_arguments(name, signatures, (), (), arguments, collector, span=span, value_of=value)
    except Unevaluated:
        return None
    if binding is None:
        return None
    spans = {key: argument.span for key, _, argument in arguments.keywords}
    for param, argument in zip(binding.signature, arguments.positional, strict=False):
        spans[param.name] = argument.span
    return binding, spans


def _input(each: Input, index: int, names: Mapping[str, Any], collector: Collector) -> GraphInput:
    shape: list[Dim] | None = []
    typical: dict[str, int] = {}
    for axis, dimension in enumerate(each.shape):
        if dimension.kind in ("ellipsis", "faulty"):
            shape = None
            break
        assert shape is not None
        shape.append(_size(dimension, f"_{index}_{axis}", names, collector))
        if dimension.typical is not None:
            typical[dimension.name] = dimension.typical
    return GraphInput(each.name, each.value, None if shape is None else tuple(shape), each.dtype, typical)


def _size(dimension: Dimension, unnamed: str, names: Mapping[str, Any], collector: Collector) -> Dim:
    if dimension.kind == "name":
        return symbol(dimension.name)
    if dimension.kind == "size" and dimension.size is not None:
        try:
            value = released(value_of(dimension.size, names, collector))
        except Unevaluated:
            return symbol(unnamed)
        if isinstance(value, Dim):
            return value
        if type(value) is int and value > 0:
            return const(value)
        collector.add(
            "NS404" if type(value) is int else "NS303",
            f"a dimension is an integer of at least 1, but this is {value!r}",
            dimension.span,
            help="correct the expression, or give other params",
        )
    return symbol(unnamed)
