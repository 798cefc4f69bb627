"""NS506: a step works in place on a value that a later step reads.

The later step gets the changed value, whatever name it reads it by.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Edit, Fix, Label, Span
from netspec.graph.ir import Node
from netspec.lints.facts import Facts
from netspec.lints.flow import works_in_place
from netspec.lints.places import offered
from netspec.syntax.scalars import plain_value


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
            fixes=_fixes(facts, node),
        )


def _fixes(facts: Facts, node: Node) -> tuple[Fix, ...]:
    """Take the value that was there and leave it as it is."""
    name = node.op.name if node.op is not None else ""
    if name.endswith("_") and node.span.text == name and facts.program.catalog.get(name[:-1]) is not None:
        return offered(f"Write `{name[:-1]}`", Edit(node.span, name[:-1]))
    spans = node.spans if node.module is None else facts.graph.modules[node.module].spans
    flag = spans.get("inplace")
    if flag is None or plain_value(flag.text) is not True:
        return ()
    return offered("Write `inplace: false`", Edit(flag, "false"))
