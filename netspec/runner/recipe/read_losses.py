"""`loss`, `metrics` and `losses` of a recipe -> a `LossUse` for each.

A loss may have words beside it: `{cross_entropy: {}, target: kind, weight: 0.5, metrics: [accuracy]}`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netspec.diagnostics import Collector
from netspec.document.ops import key_span
from netspec.runner.recipe.records import Component, LossUse
from netspec.runner.recipe.uses import read_component, read_components, read_use
from netspec.runner.recipe.words import read_number
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, kind_of

# Losses over classes; their usual metric is the accuracy.
CLASS_LOSSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
ACCURACY = "accuracy"
BESIDE = ("target", "weight", "metrics")


def read_losses(root: Mapping, keys: Any, collector: Collector) -> tuple[LossUse, ...]:
    """The losses, at least one; a faulty one where the recipe has none."""
    one, several = root.entry("loss"), root.entry("losses")
    faulty = LossUse("", None, Component("?", root.span, faulty=True))
    if one is None and several is None:
        collector.add(
            "NS103",
            "a recipe needs the key `loss`",
            root.span,
            help="add `loss:` (what training makes small)",
        )
        return (faulty,)
    if one is not None and several is not None:
        collector.add(
            "NS105",
            "a recipe has `loss` or `losses`, not both",
            several.key.span,
            help="name an output for each loss below `losses`, and remove `loss`",
        )
        return (faulty,)
    if one is not None:
        return (_one(one.value, keys, collector),)
    named = getattr(keys, "losses", None)
    if named is None:
        return (faulty,)
    _refuse_metrics(root, collector)
    found = tuple(use for entry in named.entries for use in _of_output(entry, collector))
    return found or (faulty,)


def _one(node: Node, keys: Any, collector: Collector) -> LossUse:
    use = _use("", None, node, collector)
    given = getattr(keys, "metrics", None)
    metrics = use.metrics + read_components(given, "metric", collector)
    if given is None and not metrics and use.loss.name in CLASS_LOSSES:
        metrics = (Component(ACCURACY, use.loss.span),)
    return replace(use, metrics=metrics)


def _refuse_metrics(root: Mapping, collector: Collector) -> None:
    entry = root.entry("metrics")
    if entry is not None:
        collector.add(
            "NS105",
            "with `losses`, each metric belongs to an output",
            entry.key.span,
            help="write them beside the loss: `{cross_entropy: {}, metrics: [accuracy]}`",
        )


def _of_output(entry: Entry, collector: Collector) -> list[LossUse]:
    """The losses on one output: one, or a list of them."""
    if not isinstance(entry.value, Sequence):
        return [_placed(_use(entry.name, entry.name, entry.value, collector), entry)]
    uses = [_use(entry.name, entry.name, item, collector) for item in entry.value.items]
    return [_placed(replace(use, name=f"{entry.name}.{use.loss.name}"), entry) for use in uses]


def _placed(use: LossUse, entry: Entry) -> LossUse:
    return replace(use, spans={**use.spans, "output": entry.key.span})


def _use(name: str, output: str | None, node: Node, collector: Collector) -> LossUse:
    if isinstance(node, Scalar) and node.value is None:
        collector.add("NS106", "this loss has no name", node.span, help="write `Name` or `{Name: arguments}`")
        return LossUse(name, output, Component("?", node.span, faulty=True))
    loss, beside = read_use(node, "loss", collector, words=BESIDE)
    return LossUse(
        name,
        output,
        loss,
        _target(beside.get("target"), collector),
        _weight(beside.get("weight"), collector),
        metrics=_metrics(beside.get("metrics"), collector),
        spans={"target": beside["target"].value.span} if "target" in beside else {},
    )


def _target(entry: Entry | None, collector: Collector) -> str | None:
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and entry.value.value is not None:
        return entry.value.text
    collector.add(
        "NS104",
        f"`target` must be the name of a column, but is {kind_of(entry.value)}",
        entry.key.span,
        help="write `target: COLUMN`",
    )
    return None


def _weight(entry: Entry | None, collector: Collector) -> float:
    if entry is None:
        return 1.0
    node = entry.value
    if isinstance(node, Scalar) and type(node.value) in (int, float):
        return read_number("weight", node, 1.0, collector)
    collector.add(
        "NS104",
        f"`weight` of a loss must be a number, but is {kind_of(node)}",
        key_span(node),
        help="it is the loss's factor in the sum; weights of classes are an argument: "
        "`{cross_entropy: {weight: balanced}}`",
    )
    return 1.0


def _metrics(entry: Entry | None, collector: Collector) -> tuple[Component, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, Sequence):
        return read_components(entry.value, "metric", collector)
    return (read_component(entry.value, "metric", collector),)
