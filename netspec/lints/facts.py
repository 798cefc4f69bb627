"""What lints look at."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph.ir import Graph
from netspec.resolve.program import Program, calls_in


@dataclass(frozen=True, slots=True)
class Facts:
    """A spec at its two levels. Lints that judge use are silent where a step could not be read:
    the misspelled name may be the use."""

    program: Program
    graphs: tuple[Graph, ...]

    @property
    def graph(self) -> Graph:
        """The graph of training."""
        return self.graphs[0]

    @property
    def unread_steps(self) -> bool:
        return any(
            call.layer is None and call.op is None
            for module in self.program.modules
            for call in calls_in(module.forward)
        )
