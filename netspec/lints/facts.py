"""What lints look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from netspec.diagnostics import Span
from netspec.graph.ir import Graph, Node
from netspec.lints.flow import Flow, flow_of
from netspec.lints.places import Places, places_of
from netspec.resolve.program import Layer, Program, calls_in
from netspec.shapes.infer import Shapes
from netspec.syntax import Document


@dataclass(frozen=True)
class Facts:
    """A spec at its two levels. Lints that judge use are silent where a step could not be read:
    the misspelled name may be the use."""

    program: Program
    graphs: tuple[Graph, ...]
    shapes: Shapes
    """Those of the graph of training."""
    documents: tuple[Document, ...] = ()
    """The spec's text, and those of the files that it uses."""

    @property
    def graph(self) -> Graph:
        """The graph of training."""
        return self.graphs[0]

    @cached_property
    def places(self) -> Places:
        """Where names stand in the texts, for fixes."""
        return places_of(self.documents)

    @cached_property
    def flow(self) -> Flow:
        """The flow of the graph of training."""
        return flow_of(self.graph)

    def is_optional(self, node: Node) -> bool:
        """Whether other values of the params leave out the layer of a call, or choose its op."""
        return node.module is not None and self.graph.modules[node.module].span in self._optional

    def is_in_main(self, node: Node) -> bool:
        """Whether a call is a step of the spec's own `forward`, and not of a block's."""
        return node.step in self._main_steps

    @cached_property
    def _main_steps(self) -> frozenset[Span]:
        return frozenset(call.span for call in calls_in(self.program.main.forward))

    @cached_property
    def _optional(self) -> frozenset[Span]:
        return frozenset(span for module in self.program.modules for span in _optional(module.layers))

    @property
    def unread_steps(self) -> bool:
        return any(
            call.layer is None and call.op is None
            for module in self.program.modules
            for call in calls_in(module.forward)
        )


def _optional(layers: tuple[Layer, ...], within: bool = False) -> Iterator[Span]:
    for layer in layers:
        optional = within or layer.when is not None or layer.op_param is not None
        if optional:
            yield layer.span
        yield from _optional(layer.children, optional)
