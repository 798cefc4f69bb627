"""Program and params -> Graph: `elaborate(program, values, collector)`.

Arguments get their values and are bound once more with them, so that a number which comes from an
expression is checked like one that is written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.diagnostics import Collector
from netspec.graph.calls import Calls
from netspec.graph.inputs import dimension_symbols, input_of, integer_symbols
from netspec.graph.ir import Graph, ModuleNode, SharedTensor, TensorPath
from netspec.graph.tree import TooLarge, Tree, with_lets
from netspec.resolve.program import Module, Program


def elaborate(
    program: Program,
    params: Mapping[str, Any],
    collector: Collector,
    *,
    training: bool = True,
    without: frozenset[str] = frozenset(),
) -> Graph:
    """The graph of the main module for these params (values, or `Dim`s over params), in one mode,
    `without` the optional inputs of these names.

    Faulty layers and calls stay in the graph, marked, so that what does not depend on them is
    still checked.
    """
    module = program.main
    names = with_lets(params, module.lets, collector)
    tree = Tree(program, program.catalog, collector)
    root = _root(tree, names)
    calls = Calls(root, program, collector, training=training, unknown=tree.unknown)
    symbols = dimension_symbols(module.inputs, names, collector)
    inputs = tuple(
        input_of(each, index, calls.new(each.name, each.span), names, collector, symbols=symbols)
        for index, each in enumerate(module.inputs)
        if not each.faulty and each.name not in without
    )
    output = module.output if training else module.eval_output or module.output
    returned = calls.main(module, inputs, {**names, **symbols, **integer_symbols(module.inputs)})
    return Graph(
        name=module.name,
        params=dict(params),
        inputs=inputs,
        root=root,
        nodes=tuple(calls.nodes),
        output=None if output is None else output.kind,
        returned=returned,
        values=calls.values,
        span=module.span,
        leaves=calls.leaves,
        modules=calls.modules,
        shared=tuple(_shared(root, module)),
    )


def _shared(node: ModuleNode, module: Module) -> Iterator[SharedTensor]:
    """The tied parameters of a module and of the blocks in it, in the order in which they are tied."""
    for child in node.children:
        yield from _of_members(child)
    for tie in module.ties:
        target, source = (
            TensorPath((*node.path, *each.path), each.tensor) for each in (tie.target, tie.source)
        )
        yield SharedTensor(target, source, tie.target.span, tie.source.span)


def _of_members(node: ModuleNode) -> Iterator[SharedTensor]:
    if node.block is not None:
        yield from _shared(node, node.block)
        return
    for child in node.children:
        yield from _of_members(child)


def _root(tree: Tree, names: Mapping[str, Any]) -> ModuleNode:
    module: Module = tree.program.main
    root = ModuleNode((), module.name, module.span, names=names, owner=module.name)
    try:
        children = tree.children(module.layers, root, names)
    except TooLarge:
        tree.collector.add(
            "NS303",
            "the loops of this spec make more than 200,000 layers",
            module.span,
            help="correct the loops",
        )
        children = ()
    return ModuleNode((), module.name, module.span, names=names, owner=module.name, children=children)
