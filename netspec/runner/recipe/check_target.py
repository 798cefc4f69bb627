"""A loss's output against its target column: shapes, kinds of numbers, classes."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Collector, Diagnostic, Label
from netspec.runner.recipe.facts import ColumnFacts, SetFacts
from netspec.runner.recipe.model import ModelFacts, OutputFacts
from netspec.runner.recipe.readings import LOSSES
from netspec.runner.recipe.records import LossUse, Recipe
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor

_NUMBERED = ("label", "mask", "tokens")
_IN_UNIT = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


def check_target(
    use: LossUse,
    recipe: Recipe,
    model: ModelFacts,
    facts: SetFacts,
    sizes: Mapping[str, Dim],
    collector: Collector,
) -> bool:
    """Whether the output can be held against the column; if not, after a report."""
    output, column = model.outputs[use.output], facts.columns[use.target or ""]
    if not _check_kind(use, recipe, column, collector):
        return False
    match output.value:
        case Tensor(shape=shape) if shape is not None:
            found = tuple(size.substitute(sizes) for size in shape)
        case _:
            return True
    if LOSSES[use.loss.name] == "classes" and column.kind in _NUMBERED:
        return _check_classes(use, recipe, model, output, column, found, collector)
    if not _check_shape(use, recipe, model, output, column, found, collector):
        return False
    if use.loss.name in _IN_UNIT and column.kind == "image":
        _warn_of_range(use, recipe, collector)
    return True


def _check_kind(use: LossUse, recipe: Recipe, column: ColumnFacts, collector: Collector) -> bool:
    """Class numbers for losses over classes, numbers for the others."""
    reading, name, data = LOSSES[use.loss.name], use.loss.name, recipe.data.train.name
    if reading == "classes":
        # Targets of cross_entropy can be probabilities too.
        if column.kind in _NUMBERED or (name == "cross_entropy" and column.kind == "value" and column.shape):
            return True
        message = f"`{name}` takes class numbers, but `{use.target}` of `{data}` holds {_held(column)}"
        help = "use a loss that compares numbers, such as `mse_loss`, or name another `target`"
    elif reading == "numbers" and column.kind in _NUMBERED and (column.exact or column.kind != "label"):
        message = f"`{name}` compares numbers, but `{use.target}` of `{data}` holds class numbers"
        help = "use `cross_entropy`, or name another `target`"
    elif reading == "labels" and column.kind in _NUMBERED and (column.classes or 2) > 2:
        message = (
            f"`{name}` holds each output against 0 or 1, but `{use.target}` of `{data}` has "
            f"{column.classes} classes"
        )
        help = "use `cross_entropy`, or name another `target`"
    else:
        return True
    collector.add("NS702", message, use.loss.span, help=help)
    return False


def _held(column: ColumnFacts) -> str:
    return "an image" if column.kind == "image" else f"numbers of shape {column.text}"


def _check_classes(
    use: LossUse,
    recipe: Recipe,
    model: ModelFacts,
    output: OutputFacts,
    column: ColumnFacts,
    shape: tuple[Dim, ...],
    collector: Collector,
) -> bool:
    """`[N, classes, ...]` or `[N, ..., classes]` against `[N, ...]`."""
    wanted = ("N", "classes", *column.text[1:-1].split(", ")) if column.shape else ("N", "classes")
    rank = len(column.shape) + 2
    fits = len(shape) == rank
    if fits:
        axis = use.class_axis % rank
        others = shape[1:axis] + shape[axis + 1 :]
        fits = all(
            size.value is None or there is None or size.value == there
            for size, there in zip(others, column.shape, strict=True)
        )
    if not fits or (use.loss.name == "multi_margin_loss" and rank > 2):
        collector.add(
            "NS702",
            f"a loss over classes takes an output of shape [{', '.join(wanted)}]"
            + (f" for targets of shape {column.text}" if column.shape else "")
            + f", but the output of `{model.name}` is {output.value}",
            use.loss.span,
            labels=[Label(output.span, "made here")],
            help=_class_help(column),
        )
        return False
    return _check_count(use, recipe, model, output, column, shape[use.class_axis].value, collector)


def _class_help(column: ColumnFacts) -> str:
    match column.kind:
        case "mask":
            return "let the model return class scores for each pixel"
        case "tokens":
            return "let the model return scores for each token, of all numbers there are"
    return "let the model return one row of class scores for each image"


def _check_count(
    use: LossUse,
    recipe: Recipe,
    model: ModelFacts,
    output: OutputFacts,
    column: ColumnFacts,
    wide: int | None,
    collector: Collector,
) -> bool:
    """As many outputs as classes; an output may know more numbers than a text has."""
    name, classes = recipe.data.train.name, column.classes
    if wide is None:
        return True
    spare = column.kind == "tokens" or not column.exact
    if classes is not None and (wide < classes if spare else wide != classes):
        has = f"has {classes} classes" if column.exact else f"holds the class number {classes - 1}"
        collector.add(
            "NS701",
            f"`{name}` {has}, but `{model.name}` tells {wide} apart",
            recipe.data.train.span,
            labels=[Label(output.span, f"makes {output.value}")],
            help=f"let the last layer have {classes} outputs",
        )
        return False
    weight = use.loss.arguments.get("weight")
    if isinstance(weight, tuple | list) and len(weight) != wide:
        collector.add(
            "NS702",
            f"`weight` of `{use.loss.name}` has {len(weight)} numbers, but there are {wide} classes",
            use.loss.spans.get("weight", use.loss.span),
            labels=[Label(output.span, f"makes {output.value}")],
            help=f"give {wide} numbers, or `weight: balanced`",
        )
        return False
    return True


def _check_shape(
    use: LossUse,
    recipe: Recipe,
    model: ModelFacts,
    output: OutputFacts,
    column: ColumnFacts,
    shape: tuple[Dim, ...],
    collector: Collector,
) -> bool:
    """The output's shape is the target's: what PyTorch would stretch compares each number with all."""
    sizes = shape[1:]
    if len(shape) == len(column.shape) + 1 and all(
        size.value is None or there is None or size.value == there
        for size, there in zip(sizes, column.shape, strict=True)
    ):
        return True
    values = tuple(size.value for size in sizes)
    wanted = ", ".join(("N", *column.text[1:-1].split(", ")) if column.shape else ("N",))
    if values == (*column.shape, 1):
        help = f"end the spec with `{{squeeze: -1}}`: [{', '.join(map(str, shape[:-1]))}]"
    elif column.shape == (*values, 1):
        help = "end the spec with `{unsqueeze: -1}`"
    else:
        help = "let the model return what the target is, or name another `target`"
    collector.add(
        "NS702",
        f"`{use.loss.name}` compares number by number, but the output of `{model.name}` is {output.value} "
        f"and `{use.target}` of `{recipe.data.train.name}` is [{wanted}]",
        use.loss.span,
        labels=[Label(output.span, "made here")],
        help=help,
    )
    return False


def _warn_of_range(use: LossUse, recipe: Recipe, collector: Collector) -> None:
    for step in recipe.data.transform:
        if step.name == "Normalize":
            collector.include(
                Diagnostic(
                    "NS702",
                    f"`{use.loss.name}` takes targets from 0 to 1, and `Normalize` moves `{use.target}` out "
                    "of there",
                    use.loss.span,
                    severity="warning",
                    labels=(Label(step.span, "changes the target too"),),
                    help="remove `Normalize`, or use `mse_loss`",
                )
            )
            return
