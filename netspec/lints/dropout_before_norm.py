"""NS508: a batch norm directly behind dropout.

Dropout changes the variance in training alone, so that the running statistics are wrong in
evaluation (Li et al., Understanding the disharmony between dropout and batch normalization, 2019).
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Label, Span
from netspec.lints.facts import Facts
from netspec.lints.flow import NORMS

_DROPOUTS = frozenset(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"))


def dropout_before_norm(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for first, second in facts.flow.pairs():
        if first.op is None or first.op.name not in _DROPOUTS or facts.flow.setting(first, "p") == 0:
            continue
        if second.op is None or second.op.name not in NORMS or second.span in seen:
            continue
        seen.add(second.span)
        collector.add(
            "NS508",
            f"`{second.name}` is a batch norm directly behind dropout",
            second.span,
            labels=[Label(first.span, "changes the variance, in training alone")],
            help="put the dropout behind the batch norm and its activation",
        )
