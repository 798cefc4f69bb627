"""`assert` on numbers: parameters, buffers, FLOPs and memory against their bounds."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from netspec.diagnostics import Collector
from netspec.graph.evaluate import Unevaluated, released, value_of
from netspec.graph.ir import Graph, ModuleNode
from netspec.resolve.program import CountClaim, Module, Program
from netspec.shapes.costs import cost, counts, total, typical_sizes
from netspec.shapes.infer import Shapes

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
_WORDS = {"params": "parameters", "buffers": "values in buffers", "flops": "FLOPs", "memory": "bytes"}


def check_totals(program: Program, graph: Graph, shapes: Shapes, collector: Collector) -> None:
    """Report the bounds that do not hold, of the network and of each of its blocks."""
    owners = [(graph.root, program.main), *_blocks(graph.root)]
    claims = [
        (node, each) for node, module in owners for each in module.claims if isinstance(each, CountClaim)
    ]
    if not claims:
        return
    owned = counts(graph, shapes)
    for node, claim in claims:
        parameters, buffers = owned.below(node.path)
        numbers = {"params": parameters, "buffers": buffers}
        number = numbers[claim.what] if claim.what in numbers else _spent(claim, graph, shapes)
        _check(claim, number, node, graph, collector)


def _blocks(node: ModuleNode) -> Iterator[tuple[ModuleNode, Module]]:
    for child in node.children:
        if child.block is not None:
            yield child, child.block
        yield from _blocks(child)


def _spent(claim: CountClaim, graph: Graph, shapes: Shapes) -> int | None:
    """FLOPs or bytes for the typical sizes; None where a shape is not known."""
    costs = [cost(node, shapes) for node in graph.calls if node.op is not None]
    amount = total(each.flops if claim.what == "flops" else each.memory for each in costs)
    return None if amount is None else amount.evaluate(typical_sizes(graph))


def _check(
    claim: CountClaim, number: int | None, node: ModuleNode, graph: Graph, collector: Collector
) -> None:
    bound = _bound(claim, node.names, collector)
    if bound is None:
        return
    if number is None:
        if not collector.has_errors:
            help = "`netspec summary` shows the steps whose cost is not known"
            collector.add(
                "NS409", f"`{claim.what}` cannot be counted here, and is not checked", claim.span, help=help
            )
        return
    if not _HOLDS[claim.comparison](number, bound):
        what = f"`{node.name}`" if node.path else f"`{node.class_name}`"
        amount = "takes" if claim.what in ("flops", "memory") else "has"
        # An expression is shown with what it gives.
        value = f", which is {bound:,}" if "$" in claim.text else ""
        sizes = "" if claim.what in ("params", "buffers") else _sizes_text(graph)
        collector.add(
            "NS411",
            f"{what} {amount} {number:,} {_WORDS[claim.what]}{sizes}, but `assert` says {claim.text}{value}",
            claim.span,
            help="change the network, or what `assert` says of it",
        )


def _sizes_text(graph: Graph) -> str:
    sizes = ", ".join(f"{name} = {size}" for name, size in sorted(typical_sizes(graph).items()))
    return f" for {sizes}" if sizes else ""


def _bound(claim: CountClaim, names: Mapping[str, Any], collector: Collector) -> float | None:
    try:
        value = released(value_of(claim.bound, names, collector))
    except Unevaluated:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * claim.unit
    collector.add(
        "NS303", f"`{claim.what}` is compared with a number, but this is {value!r}", claim.span,
        help="correct the expression, or give other params",
    )  # fmt: skip
    return None
