"""NS501: a layer is declared but no step calls it or reads its tensors.

Its parameters are trained by nothing, counted by everything, and missed by distributed training.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Collector, Fix, Span
from netspec.graph.ir import ModuleNode, Node, Own, TensorPath, ValueList
from netspec.graph.verify import used
from netspec.lints.facts import Facts
from netspec.lints.places import offered
from netspec.lints.removable import layer_can_go
from netspec.resolve.program import Layer
from netspec.shapes.call import AUTO


def unused_layer(facts: Facts, collector: Collector) -> None:
    read = {number for graph in facts.graphs for node in graph.nodes for number in used(node.arguments)}
    if facts.unread_steps or facts.graph.output is None or -1 in read:
        return
    paths: set[tuple[str, ...]] = {(name,) for name in _meant(facts.program.main.layers)}
    for path in _used_paths(facts):
        paths.update(path[:length] for length in range(1, len(path) + 1))
    # What a refused call of a block would have called is not known.
    refused = {node.module for node in facts.graph.nodes if isinstance(node, Node) and node.faulty}
    paths |= {e.path for each in _all(facts.graph.root) if each.path in refused for e in _all(each)}
    used_somewhere = {(each.span, each.name) for each in _all(facts.graph.root) if each.path in paths}
    for module in facts.graph.root.children:
        _judge(module, facts, paths, used_somewhere, collector)


def _all(module: ModuleNode) -> Iterator[ModuleNode]:
    yield module
    for child in module.children:
        yield from _all(child)


def _meant(layers: tuple[Layer, ...]) -> Iterator[str]:
    """The names that faulty layers give as their op: they may mean another layer."""
    for layer in layers:
        if layer.faulty and layer.op_span is not None:
            yield layer.op_span.text
        yield from _meant(layer.children)


def _used_paths(facts: Facts) -> list[tuple[str, ...]]:
    nodes = [node for graph in facts.graphs for node in graph.nodes]
    # The tensors that a block owns are there whether or not it is called.
    found = [node.module for node in nodes if node.module is not None and not isinstance(node, Own)]
    for node in nodes:
        for argument in node.arguments.values():
            items = argument.items if isinstance(argument, ValueList) else (argument,)
            found += [item.module for item in items if isinstance(item, TensorPath)]
    # A layer that lends its parameter is used, whether or not it is called.
    for graph in facts.graphs:
        found += [tensor.module for each in graph.shared for tensor in (each.target, each.source)]
    return found


def _judge(
    module: ModuleNode,
    facts: Facts,
    paths: set[tuple[str, ...]],
    used_somewhere: set[tuple[Span, str]],
    collector: Collector,
) -> None:
    if module.absent or module.class_name == "?":
        return
    if AUTO in (module.settings or {}).values():
        # An `auto` of a layer that is never called is an error of its own (NS306).
        return
    if module.path not in paths:
        if (module.span, module.name) in used_somewhere:
            # The layer of a block whose other copies call it: conditions of the block left the call out.
            return
        collector.add(
            "NS501",
            f"the layer `{module.name}` is never used",
            module.span,
            help="call it in `forward`, or remove it",
            fixes=_removal(module, facts),
        )
        return
    if module.class_name == "ModuleDict" and not any(each.path in paths for each in module.children):
        # It was called as a whole, which is an error (NS212).
        return
    for child in module.children:
        _judge(child, facts, paths, used_somewhere, collector)


def _removal(module: ModuleNode, facts: Facts) -> tuple[Fix, ...]:
    """Remove a layer that is one entry of the text; of a loop's layers, others may be used."""
    alone = module.span.text == module.local[-1] and layer_can_go(module, facts)
    edit = facts.places.without_name(module.span) if alone else None
    return offered(f"Remove the layer `{module.name}`", edit)
