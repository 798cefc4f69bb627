"""The loss against the model's output: its shape, its classes, and what its numbers mean."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Collector, Label
from netspec.runner.recipe.check_meaning import check_meaning
from netspec.runner.recipe.model import ModelFacts, OutputFacts
from netspec.runner.recipe.records import Recipe
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor, Unknown


def check_loss(
    recipe: Recipe, model: ModelFacts, classes: int | None, sizes: Mapping[str, Dim], collector: Collector
) -> None:
    """Report an output that the loss cannot take, or that it takes for something else."""
    output = model.output
    if output is None:
        return
    if not _check_shape(recipe, model, output, classes, sizes, collector):
        return
    check_meaning(recipe.loss, output, collector)


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
