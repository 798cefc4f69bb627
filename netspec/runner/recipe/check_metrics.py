"""Metrics against the loss whose output they measure."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Collector
from netspec.runner.recipe.model import OutputFacts
from netspec.runner.recipe.readings import measures, metrics_for
from netspec.runner.recipe.records import LossUse
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor


def check_metrics(use: LossUse, output: OutputFacts, sizes: Mapping[str, Dim], collector: Collector) -> None:
    """NS702 for a metric that makes no sense of what the loss takes."""
    seen: set[tuple[str, object]] = set()
    for metric in use.metrics:
        if metric.faulty or use.loss.faulty:
            continue
        if not measures(metric.name, use.loss.name):
            fitting = metrics_for(use.loss.name)
            listed = ", ".join(f"`{name}`" for name in fitting)
            collector.add(
                "NS702",
                f"`{metric.name}` cannot be measured where the loss is `{use.loss.name}`",
                metric.span,
                help=f"metrics that fit it: {listed}" if fitting else "no metric fits it: remove it",
            )
            continue
        key = (metric.name, metric.arguments.get("k"))
        if key in seen:
            collector.add(
                "NS703", f"`{metric.name}` is measured twice", metric.span, help="remove one of them"
            )
        seen.add(key)
        _check_k(use, metric.arguments.get("k"), metric.spans.get("k", metric.span), output, sizes, collector)


def _check_k(
    use: LossUse,
    k: object,
    place: object,
    output: OutputFacts,
    sizes: Mapping[str, Dim],
    collector: Collector,
) -> None:
    if not isinstance(k, int) or not isinstance(output.value, Tensor) or output.value.shape is None:
        return
    wide = output.value.shape[use.class_axis].substitute(sizes).value
    if wide is not None and k >= wide:
        collector.add(
            "NS702",
            f"of {wide} classes, the right one is always among the {k} greatest outputs",
            place,  # type: ignore[arg-type]
            help=f"give a `k` below {wide}",
        )
