"""NS506: a step works in place on a value that a later step reads.

The later step gets the changed value, whatever name it reads it by.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Label, Span
from netspec.lints.facts import Facts
from netspec.lints.flow import works_in_place


def changed_in_place(facts: Facts, collector: Collector) -> None:
    flow, seen = facts.flow, set[Span]()
    order = {id(node): place for place, node in enumerate(facts.graph.nodes)}
    for node in facts.graph.calls:
        value = flow.source(node) if works_in_place(node, facts.graph) else None
        if value is None or node.span in seen:
            continue
        later = next((each for place, each in flow.readers[value] if place > order[id(node)]), None)
        if later is None and value not in flow.returned:
            continue
        seen.add(node.span)
        where = f"`{later.name}` reads" if later is not None else "the network returns"
        collector.add(
            "NS506",
            f"`{node.name}` works in place on a value that {where} afterwards",
            node.span,
            labels=[Label(later.step, "gets the changed value")] if later is not None else [],
            help="leave `inplace` out (or the `_` at the end of the name), or read the result instead",
        )
