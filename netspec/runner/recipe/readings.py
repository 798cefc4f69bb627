"""How losses and metrics read an output and its target, by name.

classes   scores or log-probabilities over a class axis, against class numbers
labels    a yes or no for each number: logits or probabilities, against 0 and 1
numbers   against numbers of the same shape
output    the output alone
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Reading: TypeAlias = Literal["classes", "labels", "numbers", "output"]

LOSSES: dict[str, Reading] = {
    "cross_entropy": "classes",
    "nll_loss": "classes",
    "multi_margin_loss": "classes",
    "binary_cross_entropy": "labels",
    "binary_cross_entropy_with_logits": "labels",
    "multilabel_soft_margin_loss": "labels",
    "soft_margin_loss": "numbers",
    "kl_div": "numbers",
    "mse_loss": "numbers",
    "l1_loss": "numbers",
    "smooth_l1_loss": "numbers",
    "huber_loss": "numbers",
    "poisson_nll_loss": "numbers",
    "mean": "output",
}
# Losses whose output is not in the unit of the target, so that their distance means nothing.
UNLIKE = ("soft_margin_loss", "kl_div", "poisson_nll_loss")

METRICS: dict[str, tuple[Reading, ...]] = {
    "accuracy": ("classes", "labels"),
    "top_k_accuracy": ("classes",),
    "precision": ("classes", "labels"),
    "recall": ("classes", "labels"),
    "f1": ("classes", "labels"),
    "mean_iou": ("classes", "labels"),
    "auroc": ("classes", "labels"),
    "perplexity": ("classes",),
    "mean_absolute_error": ("numbers", "labels"),
    "root_mean_squared_error": ("numbers", "labels"),
    "r2": ("numbers",),
}
# Metrics that need probabilities, which these losses do not make of their outputs.
_PROBABILITIES = ("perplexity", "auroc")


def measures(metric: str, loss: str) -> bool:
    """Whether a metric can be computed from what a loss takes.

    >>> measures("accuracy", "cross_entropy"), measures("accuracy", "mse_loss")
    (True, False)
    """
    reading = LOSSES[loss]
    if reading not in METRICS[metric] or loss in UNLIKE:
        return False
    if metric in _PROBABILITIES and loss == "multi_margin_loss":
        return False
    # The distance from a logit to a probability is none.
    return not (reading == "labels" and METRICS[metric][0] == "numbers") or loss == "binary_cross_entropy"


def metrics_for(loss: str) -> tuple[str, ...]:
    """The metrics that fit a loss.

    >>> metrics_for("mse_loss")
    ('mean_absolute_error', 'root_mean_squared_error', 'r2')
    """
    return tuple(metric for metric in METRICS if measures(metric, loss))
