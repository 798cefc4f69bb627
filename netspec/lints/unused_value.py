"""NS502: an input or a named result is never used.

A name that nothing reads is often a source that a later step should have named.
"""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.graph.verify import used
from netspec.lints.facts import Facts


def unused_value(facts: Facts, collector: Collector) -> None:
    graph = facts.graph
    if facts.unread_steps or graph.output is None:
        return
    read = {number for node in graph.nodes for number in used(node.arguments)}
    read |= {number for _, number in graph.outputs}
    if -1 in read:
        return
    inputs = {each.value for each in graph.inputs}
    for number, info in graph.values.items():
        if info.name is None or number in read:
            continue
        what = "input" if number in inputs else "value"
        help = (
            "use it as a source, or remove it"
            if number in inputs
            else "use it as a source, or remove its `as`"
        )
        collector.add("NS502", f"the {what} `{info.name}` is never used", info.span, help=help)
