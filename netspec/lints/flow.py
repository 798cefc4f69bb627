"""Graph -> where each value comes from and where it goes: what lints of neighbouring steps ask.

The borders of blocks are looked through: a block's input is the value that was handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netspec.graph.ir import Claim, Enter, Graph, Leave, Node, Sizes, ValueNumber
from netspec.graph.verify import used

NORMS = frozenset(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"))


@dataclass(frozen=True, slots=True)
class Flow:
    """`makers`: the call that makes a value; `readers`: the calls that read it, each with its place in
    the order of the graph; `returned`: the values that leave the network."""

    graph: Graph
    makers: dict[int, Node] = field(default_factory=dict)
    readers: dict[int, list[tuple[int, Node]]] = field(default_factory=dict)
    returned: set[int] = field(default_factory=set)
    _origins: dict[int, int] = field(default_factory=dict)

    def origin(self, value: int) -> int:
        """The value as it was made, outside of the blocks that it was handed to."""
        return self._origins.get(value, value)

    def source(self, node: Node) -> int | None:
        """The value that a call works on: its first operand."""
        first = next(iter(node.arguments.values()), None)
        return self.origin(first.value) if isinstance(first, ValueNumber) else None

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Calls of which the second works on what the first makes, and nothing else reads it."""
        for number, maker in self.makers.items():
            readers = self.readers.get(number, [])
            if len(readers) == 1 and number not in self.returned:
                reader = readers[0][1]
                if self.source(reader) == number:
                    yield maker, reader

    def setting(self, node: Node, name: str) -> Any:
        """A setting of the layer that a call is of, or else an argument of the call."""
        if node.module is None:
            return node.arguments.get(name)
        return (self.graph.modules[node.module].settings or {}).get(name)


def flow_of(graph: Graph) -> Flow:
    """The flow of a graph, in one walk."""
    flow = Flow(graph)
    for place, node in enumerate(graph.nodes):
        match node:
            case Enter():
                for operand, declared in node.inputs:
                    _hand_on(flow, operand, declared.value)
            case Leave(returned=ValueNumber() as value) if len(node.results.flat) == 1:
                _hand_on(flow, value, node.results.flat[0])
            case Leave():
                # What leaves in a structure may be read by anyone.
                flow.returned.update(flow.origin(number) for number in used(node.returned))
            case Node():
                for number in {flow.origin(number) for number in used(node.arguments)}:
                    flow.readers.setdefault(number, []).append((place, node))
                if len(node.results.flat) == 1:
                    flow.makers[node.results.flat[0]] = node
            case Sizes() | Claim():
                pass  # they look at shapes alone
    flow.returned.update(flow.origin(number) for number in used(graph.returned))
    return flow


def works_in_place(node: Node, graph: Graph) -> bool:
    """Whether a call changes the tensor that it is given. A layer of several others (torchvision has
    some with `inplace`) means those in it."""
    if node.op is None or node.op.mutates:
        return node.op is not None
    settings = graph.modules[node.module].settings or {} if node.module is not None else node.arguments
    return settings.get("inplace") is True and node.op.source.startswith(("nn.", "F."))


def _hand_on(flow: Flow, operand: Any, value: int) -> None:
    if isinstance(operand, ValueNumber):
        flow._origins[value] = flow.origin(operand.value)
        return
    flow.returned.update(flow.origin(number) for number in used(operand))
