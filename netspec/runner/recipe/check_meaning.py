"""What a loss takes its numbers for, against what the last step makes of them.

`cross_entropy` applies `log_softmax` itself and `nll_loss` does not; the losses over sigmoids come in the
same two kinds. A step of which it is not known what its numbers mean is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.diagnostics import Collector, Diagnostic, Edit, Fix, Label
from netspec.runner.recipe.model import OutputFacts
from netspec.runner.recipe.records import Component

Meaning: TypeAlias = Literal["scores", "probabilities", "log-probabilities"]

_ENDS: dict[Meaning, frozenset[str]] = {
    "probabilities": frozenset("softmax Softmax Softmax2d sigmoid Sigmoid gumbel_softmax".split()),
    "log-probabilities": frozenset("log_softmax LogSoftmax logsigmoid LogSigmoid".split()),
    "scores": frozenset(
        "Linear Bilinear linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d "
        "BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm ReLU ReLU6 LeakyReLU GELU SiLU Tanh relu "
        "relu6 leaky_relu gelu silu tanh".split()
    ),
}
# Ops that normalise over one dimension, which must be that of the classes.
_OVER_ONE = frozenset("softmax Softmax log_softmax LogSoftmax gumbel_softmax".split())


@dataclass(frozen=True, slots=True)
class Taken:
    """What a loss takes: `word` is what its numbers are called, `end` the op that makes them, `sibling` the
    loss that takes scores in place of those, or the reverse."""

    meaning: Meaning
    word: str
    end: str
    sibling: str


LOSSES = {
    "cross_entropy": Taken("scores", "logits", "log_softmax", "nll_loss"),
    "nll_loss": Taken("log-probabilities", "log-probabilities", "log_softmax", "cross_entropy"),
    "binary_cross_entropy_with_logits": Taken("scores", "logits", "sigmoid", "binary_cross_entropy"),
    "binary_cross_entropy": Taken(
        "probabilities", "probabilities", "sigmoid", "binary_cross_entropy_with_logits"
    ),
    "multilabel_soft_margin_loss": Taken("scores", "logits", "sigmoid", "binary_cross_entropy"),
    "sigmoid_focal_loss": Taken("scores", "logits", "sigmoid", "binary_cross_entropy"),
}


def meaning(op: str | None) -> Meaning | None:
    """What the numbers that an op makes stand for; None where that is not known."""
    return next((kind for kind, ops in _ENDS.items() if op in ops), None)


def check_meaning(loss: Component, output: OutputFacts, collector: Collector, *, class_axis: int = 1) -> None:
    """NS702 for an output that the loss takes for something else."""
    taken, made = LOSSES.get(loss.name), meaning(output.op)
    if taken is None or made is None or loss.faulty:
        return
    twice = loss.name == "cross_entropy" and output.op in ("log_softmax", "LogSoftmax")
    if made == taken.meaning or twice:
        if taken.end == "log_softmax" and _over_other_axis(output, class_axis):
            _report_axis(loss, output, class_axis, collector)
        elif twice:
            _report_twice(loss, output, collector)
        return
    if made == "scores":
        message = f"`{loss.name}` takes {taken.word}, but `{output.op}` makes none"
        help, other = f"end the spec with `{taken.end}`, or use `{taken.sibling}`", taken.sibling
    else:
        message = f"`{loss.name}` takes {taken.word}, but `{output.op}` makes {made}"
        help, other = _way_out(taken, made, output)
    collector.add(
        "NS702",
        message,
        loss.span,
        labels=[Label(output.op_span or output.span, "makes the output")],
        help=help,
        fixes=_another(loss, other, "unsafe") if other else (),
    )


def _way_out(taken: Taken, made: Meaning, output: OutputFacts) -> tuple[str, str]:
    """What to do about a squashed output, and the loss that is made for it."""
    if taken.meaning != "scores":
        return f"end the spec with `{taken.end}` in place of `{output.op}`", ""
    sibling = LOSSES.get(taken.sibling)
    if sibling is not None and sibling.meaning == made and (output.op or "").lower() == sibling.end:
        return f"end the spec with the step before it, or use `{taken.sibling}`", taken.sibling
    return "end the spec with the step before it", ""


def _report_twice(loss: Component, output: OutputFacts, collector: Collector) -> None:
    collector.include(
        Diagnostic(
            "NS702",
            f"`cross_entropy` takes the logarithm of a softmax, and `{output.op}` has taken it already",
            loss.span,
            severity="warning",
            labels=(Label(output.op_span or output.span, "makes the output"),),
            help="use `nll_loss`: the result is the same and one step is saved",
            fixes=_another(loss, "nll_loss", "safe") if "label_smoothing" not in loss.given else (),
        )
    )


def _over_other_axis(output: OutputFacts, class_axis: int) -> bool:
    """Whether a softmax runs over something else than the classes."""
    dim, rank = output.arguments.get("dim"), output.rank
    if output.op not in _OVER_ONE or not isinstance(dim, int) or rank is None:
        return False
    return dim % rank != class_axis % rank


def _report_axis(loss: Component, output: OutputFacts, class_axis: int, collector: Collector) -> None:
    axis = class_axis % output.rank if output.rank else class_axis
    collector.add(
        "NS702",
        f"`{output.op}` makes {meaning(output.op)} over dimension {output.arguments.get('dim')}, but the "
        f"classes are dimension {axis}",
        loss.span,
        labels=[Label(output.op_span or output.span, "makes the output")],
        help=f"write `dim: {axis}` there",
    )


def _another(loss: Component, name: str, safety: Literal["safe", "unsafe"]) -> tuple[Fix, ...]:
    """Write another loss in place of this one, where its name stands alone."""
    if loss.span.text != loss.name:
        return ()
    return (Fix(f"Use `{name}`", (Edit(loss.span, name),), safety),)
