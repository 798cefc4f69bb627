"""NS501: a layer is declared but no step calls it or reads its tensors.

Its parameters are trained by nothing, counted by everything, and missed by distributed training.
"""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.graph.ir import ModuleNode, TensorPath, ValueList
from netspec.lints.facts import Facts


def unused_layer(facts: Facts, collector: Collector) -> None:
    if facts.unread_steps:
        return
    used: set[tuple[str, ...]] = set()
    for path in _used_paths(facts):
        used.update(path[:length] for length in range(1, len(path) + 1))
    for module in facts.graph.root.children:
        _judge(module, used, collector)


def _used_paths(facts: Facts) -> list[tuple[str, ...]]:
    found = [node.module for node in facts.graph.nodes if node.module is not None]
    for node in facts.graph.nodes:
        for argument in node.arguments.values():
            items = argument.items if isinstance(argument, ValueList) else (argument,)
            found += [item.module for item in items if isinstance(item, TensorPath)]
    return found


def _judge(module: ModuleNode, used: set[tuple[str, ...]], collector: Collector) -> None:
    if module.absent:
        return
    if module.path not in used:
        collector.add(
            "NS501",
            f"the layer `{module.name}` is never used",
            module.span,
            help="call it in `forward`, or remove it",
        )
        return
    for child in module.children:
        _judge(child, used, collector)
