"""The figures that a run measures, by name, and whether more or less of each is better.

One loss gives `loss` and a figure for each metric. Of several, `loss` is the weighted sum, and each
loss's own figures bear its name: `kind.loss`, `kind.accuracy`.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Edit, Fix, near
from netspec.runner.recipe.records import Component, LossUse, Mode
from netspec.syntax import Scalar

LOSS = "loss"
# Of every other metric, more is better.
_SMALL = ("mean_absolute_error", "root_mean_squared_error", "perplexity")


def figures(losses: tuple[LossUse, ...]) -> dict[str, Mode]:
    """Every figure of a run, in the order shown.

    >>> from netspec.diagnostics import Source, Span
    >>> here = Span(Source("r.yaml", ""), 0, 0)
    >>> use = LossUse("", None, Component("cross_entropy", here), metrics=(Component("accuracy", here),))
    >>> figures((use,))
    {'loss': 'min', 'accuracy': 'max'}
    """
    found: dict[str, Mode] = {LOSS: "min"}
    for use in losses:
        if len(losses) > 1:
            found[named(use, LOSS)] = "min"
        for metric in use.metrics:
            found[named(use, figure_of(metric))] = "min" if metric.name in _SMALL else "max"
    return found


def named(use: LossUse, figure: str) -> str:
    """The name of a loss's own figure."""
    return f"{use.name}.{figure}" if use.name else figure


def figure_of(metric: Component) -> str:
    """A metric's figure: its name, and its argument where that tells two uses apart (`top_5_accuracy`)."""
    if metric.name == "top_k_accuracy" and not metric.faulty:
        return f"top_{metric.arguments['k']}_accuracy"
    return metric.name


def best_of(node: Scalar | None, losses: tuple[LossUse, ...], collector: Collector) -> tuple[str, Mode]:
    """The figure that chooses the best epoch; by default the first metric, else the loss."""
    known = figures(losses)
    if node is not None and check_figure("best", node, known, collector):
        return node.text, known[node.text]
    metrics = [name for name in known if name.rpartition(".")[2] != LOSS]
    chosen = metrics[0] if metrics and len(losses) == 1 else LOSS
    return chosen, known[chosen]


def check_figure(key: str, node: Scalar, known: dict[str, Mode], collector: Collector) -> bool:
    """Whether a run measures the figure that a key names."""
    if node.text in known:
        return True
    best = near(node.text, known)
    listed = ", ".join(f"`{name}`" for name in known)
    collector.add(
        "NS703",
        f"`{key}` names `{node.text}`, which this recipe does not measure",
        node.span,
        help=f"one with a similar name is measured: `{best}`" if best else f"it measures {listed}",
        fixes=[Fix(f"Replace by `{best}`", (Edit(node.span, best),))] if best else [],
    )
    return False
