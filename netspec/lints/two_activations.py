"""NS509: an activation directly behind another.

The second sees only what the first lets through: often nothing is left for it to do.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Fix, Label, Span
from netspec.graph.ir import Node
from netspec.lints.facts import Facts
from netspec.lints.places import offered
from netspec.syntax import Scalar, Sequence

_ACTIVATIONS = frozenset(
    "ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Hardswish Sigmoid Hardsigmoid Tanh Softplus "
    "Softsign relu relu6 leaky_relu elu selu celu gelu silu mish hardswish sigmoid hardsigmoid tanh "
    "softplus softsign relu_ leaky_relu_ elu_ selu_ celu_ sigmoid_ tanh_".split()
)

_NEVER_NEGATIVE = frozenset(
    "ReLU ReLU6 Sigmoid Hardsigmoid Softplus relu relu6 relu_ sigmoid sigmoid_ hardsigmoid softplus".split()
)


def two_activations(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for first, second in facts.flow.pairs():
        if first.op is None or second.op is None or second.span in seen:
            continue
        names = (first.op.name, second.op.name)
        # tanh(softplus(x)) is a part of Mish.
        if not _ACTIVATIONS.issuperset(names) or [name.lower() for name in names] == ["softplus", "tanh"]:
            continue
        if facts.is_optional(first) or facts.is_optional(second):
            continue
        seen.add(second.span)
        collector.add(
            "NS509",
            f"`{second.name}` is an activation directly behind another, `{first.name}`",
            second.span,
            labels=[Label(first.span, "the other one")],
            help="remove one of the two, or put the layer that was meant between them",
            fixes=_fixes(facts, first, second),
        )


def _fixes(facts: Facts, first: Node, second: Node) -> tuple[Fix, ...]:
    """Remove a second step that changes nothing, where it always directly follows the first."""
    before, behind = facts.places.items.get(first.step), facts.places.items.get(second.step)
    if before is None or behind is None or before[0] is not behind[0] or before[1] + 1 != behind[1]:
        return ()
    assert first.op is not None
    assert second.op is not None
    steps = [place[0].items[place[1]] for place in (before, behind) if isinstance(place[0], Sequence)]
    idle = first.op.name in _NEVER_NEGATIVE and second.op.name in ("relu", "relu_") and second.module is None
    if not idle or not all(isinstance(step, Scalar) for step in steps):
        return ()
    return offered(
        "Remove the second step, which changes nothing", facts.places.without_item(second.step), "safe"
    )
