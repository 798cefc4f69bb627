"""NS507: a convolution has a bias, and a batch norm directly behind it.

The batch norm subtracts each channel's mean, and with it the bias, which therefore has no effect.
"""

from __future__ import annotations

from collections import Counter

from netspec.diagnostics import Collector, Edit, Label, Span
from netspec.graph.ir import ModuleNode
from netspec.lints.facts import Facts
from netspec.lints.flow import NORMS
from netspec.lints.places import offered, with_keyword
from netspec.syntax import Mapping
from netspec.syntax.scalars import plain_value

_CONVOLUTIONS = frozenset(f"Conv{kind}{rank}d" for kind in ("", "Transpose") for rank in (1, 2, 3))


def bias_before_norm(facts: Facts, collector: Collector) -> None:
    flow, seen = facts.flow, set[Span]()
    calls = Counter(node.module for node in facts.graph.calls)
    for first, second in flow.pairs():
        if first.op is None or first.op.name not in _CONVOLUTIONS or flow.setting(first, "bias") is not True:
            continue
        # A convolution that is called elsewhere too, or whose norm is optional, may need its bias.
        optional = facts.is_optional(second) or first.span in seen
        if second.op is None or second.op.name not in NORMS or optional or first.module is None:
            continue
        if calls[first.module] > 1:
            continue
        seen.add(first.span)
        collector.add(
            "NS507",
            f"`{first.name}` has a bias, which `{second.name}` takes out again",
            first.span,
            labels=[Label(second.span, "subtracts the mean of each channel")],
            help="give the convolution `bias: false`",
            fixes=offered("Write `bias: false`", _without_bias(facts, facts.graph.modules[first.module])),
        )


def _without_bias(facts: Facts, module: ModuleNode) -> Edit | None:
    """`bias: false` among the arguments of a convolution."""
    stated = module.spans.get("bias")
    if stated is not None:
        return Edit(stated, "false") if plain_value(stated.text) is True else None
    written = facts.places.value(module.span)
    if isinstance(written, Mapping) and module.span.text != module.class_name:
        written = written.get(module.class_name)
    return with_keyword(written, "bias", "false")
