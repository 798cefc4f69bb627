"""The loss against the model's output: its shape, its classes, and what its numbers mean."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Collector, Diagnostic, Label
from netspec.runner.recipe.model import ModelFacts, OutputFacts
from netspec.runner.recipe.records import Recipe
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor, Unknown

_LOG_PROBABILITIES = ("log_softmax", "LogSoftmax")
_PROBABILITIES = ("softmax", "Softmax", "sigmoid", "Sigmoid")
# Ops that pass on what came in, so that the meaning of their result is not known from them alone.
_NEUTRAL = ("flatten", "Flatten", "squeeze", "view", "reshape", "Identity", "clone", "contiguous")


def check_loss(
    recipe: Recipe, model: ModelFacts, classes: int | None, sizes: Mapping[str, Dim], collector: Collector
) -> None:
    """Report an output that the loss cannot take, or that it takes for something else."""
    output = model.output
    if output is None:
        return
    if not _check_shape(recipe, model, output, classes, sizes, collector):
        return
    if not recipe.loss.faulty and output.op is not None and output.op not in _NEUTRAL:
        _check_meaning(recipe, output, collector)


def _check_shape(
    recipe: Recipe,
    model: ModelFacts,
    output: OutputFacts,
    classes: int | None,
    sizes: Mapping[str, Dim],
    collector: Collector,
) -> bool:
    place = recipe.loss.span if not recipe.loss.faulty else recipe.model.span
    match output.value:
        case Tensor(shape=shape) if shape is not None and len(shape) == 2:
            wide = shape[1].substitute(sizes).value
            if classes is None or wide is None or wide == classes:
                return True
            collector.add(
                "NS701",
                f"`{recipe.data.train.name}` has {classes} classes, but `{model.name}` tells {wide} apart",
                recipe.data.train.span,
                labels=[Label(output.span, f"makes {output.value}")],
                help=f"let the last layer have {classes} outputs",
            )
            return False
        case Tensor(shape=None) | Unknown(reason=""):
            return True
    what = f"is {output.value.reason}" if isinstance(output.value, Unknown) else f"is {output.value}"
    collector.add(
        "NS702",
        f"a loss over classes takes an output of shape [N, classes], but the output of `{model.name}` {what}",
        place,
        labels=[Label(output.span, "made here")],
        help="let the model return one row of class scores for each image",
    )
    return False


def _check_meaning(recipe: Recipe, output: OutputFacts, collector: Collector) -> None:
    loss, made = recipe.loss, [Label(output.span, "makes the output")]
    log = output.op in _LOG_PROBABILITIES
    if log and not _over_classes(output):
        collector.add(
            "NS702",
            f"`{output.op}` makes log-probabilities over dimension {output.arguments.get('dim')}, but the "
            "classes are dimension 1",
            loss.span,
            labels=made,
            help="write `dim: 1` there",
        )
    elif loss.name == "nll_loss" and not log:
        softmax = output.op in _PROBABILITIES
        kind = "probabilities" if softmax else "none"
        collector.add(
            "NS702",
            f"`nll_loss` takes log-probabilities, but `{output.op}` makes {kind}",
            loss.span,
            labels=made,
            help="end the spec with `log_softmax`" + ("" if softmax else ", or use `cross_entropy`"),
        )
    elif loss.name == "cross_entropy" and output.op in _PROBABILITIES:
        collector.add(
            "NS702",
            f"`cross_entropy` takes logits, but `{output.op}` makes probabilities",
            loss.span,
            labels=made,
            help="end the spec with the layer before it",
        )
    elif loss.name == "cross_entropy" and log:
        collector.include(
            Diagnostic(
                "NS702",
                f"`cross_entropy` takes the logarithm of a softmax, and `{output.op}` has taken it already",
                loss.span,
                severity="warning",
                labels=tuple(made),
                help="use `nll_loss`: the result is the same and one step is saved",
            )
        )


def _over_classes(output: OutputFacts) -> bool:
    dim = output.arguments.get("dim")
    return dim is None or dim in (1, -1)
