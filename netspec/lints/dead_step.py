"""NS505: a step makes a value that no other step reads and that is not returned.

Nearly always a source was forgotten, or the wrong one named: the step was meant to take part.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Span
from netspec.graph.ir import Graph, Leave, Node
from netspec.graph.verify import used
from netspec.lints.facts import Facts
from netspec.lints.flow import works_in_place
from netspec.lints.places import offered


def dead_step(facts: Facts, collector: Collector) -> None:
    dead: dict[Span, Node | Leave] = {}
    alive: set[Span] = set()
    for graph in facts.graphs:
        read = _read(graph)
        for node in graph.nodes:
            if isinstance(node, Node | Leave) and node.results.flat:
                if _matters(node, graph, read):
                    alive.add(node.span)
                else:
                    dead.setdefault(node.span, node)
    for span, node in dead.items():
        if span not in alive:
            collector.add(
                "NS505",
                f"the result of `{node.name}` is never used",
                node.step,
                help="name it as a source of a later step, or remove the step",
                fixes=offered("Remove the step", facts.places.without_item(node.step)),
            )


def _read(graph: Graph) -> set[int]:
    found = {number for node in graph.nodes for number in used(node.arguments)}
    return found | set(used(graph.returned))


def _matters(node: Node | Leave, graph: Graph, read: set[int]) -> bool:
    """Whether a result is read, or has a name (NS502 judges those), or the step changes its source."""
    if isinstance(node, Node) and (
        node.op is None or node.op.name == "assign" or works_in_place(node, graph)
    ):
        return True
    named = (graph.values.get(number) for number in node.results.flat)
    return not read.isdisjoint(node.results.flat) or any(each and each.name is not None for each in named)
