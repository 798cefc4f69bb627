"""The rules of a Graph, held: each value is made once, before it is used, and each path exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.graph.ir import Graph, Node, Structure, ValueList, ValueNumber
from netspec.resolve.program import FAULTY, NOTHING


def verify(graph: Graph) -> list[str]:
    """What contradicts the rules; empty for a good graph. Values that were reported are exempt."""
    problems: list[str] = []
    known = {each.value for each in graph.inputs} | {FAULTY, NOTHING}
    for node in graph.every_node:
        problems += [
            f"{node.name} uses the value {v} before it is made"
            for v in used(node.arguments)
            if v not in known
        ]
        problems += [f"{node.name} makes the value {v} again" for v in node.results.flat if v in known]
        known.update(node.results.flat)
        if isinstance(node, Node) and not node.faulty and (node.module or ()) not in graph.modules:
            problems.append(f"{node.name} calls a module that does not exist")
    problems += [f"the output {v} is never made" for v in used(graph.returned) if v not in known]
    return problems


def used(argument: Any) -> Iterator[int]:
    """The value numbers that an argument mentions, nested ones too."""
    match argument:
        case ValueNumber(value=value):
            yield value
        case ValueList(items=items) | (list() | tuple() as items):
            for item in items:
                yield from used(item)
        case Structure(items=pairs):
            for _, item in pairs:
                yield from used(item)
        case dict():
            for item in argument.values():
                yield from used(item)
