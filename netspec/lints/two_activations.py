"""NS509: an activation directly behind another.

The second sees only what the first lets through: often nothing is left for it to do.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Label, Span
from netspec.lints.facts import Facts

_ACTIVATIONS = frozenset(
    "ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Hardswish Sigmoid Hardsigmoid Tanh Softplus "
    "Softsign relu relu6 leaky_relu elu selu celu gelu silu mish hardswish sigmoid hardsigmoid tanh "
    "softplus softsign relu_ leaky_relu_ elu_ selu_ celu_ sigmoid_ tanh_".split()
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
        )
