"""NS516: a number that shape inference could fill in. Only for those who ask for it: sizes that are written
out are a style of their own, and easier to read for some.
"""

from __future__ import annotations

import re

from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.lints.facts import Facts

_SIZES = (
    "in_features in1_features in2_features in_channels num_features num_channels normalized_shape input_size "
    "embed_dim d_model num_parameters"
).split()
_NUMBER = re.compile(r"\d+")


def could_be_auto(facts: Facts, collector: Collector) -> None:
    """Numbers where `auto` may stand; whether it can be solved there, only a check with it tells."""
    called, seen = {node.module for node in facts.graph.calls}, set[Span]()
    for path, module in facts.graph.leaves.items():
        for name in _SIZES:
            span = module.spans.get(name)
            if span is None or span in seen or path not in called or not _NUMBER.fullmatch(span.text):
                continue
            seen.add(span)
            collector.add(
                "NS516",
                f"`{name}` of `{module.name}` follows from what it receives",
                span,
                help="write `auto`",
                fixes=[Fix("Write `auto`", (Edit(span, "auto"),))],
            )
