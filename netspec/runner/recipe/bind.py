"""What a recipe leaves unsaid, filled in: which output, which target, which columns, where the classes are.

Nothing is reported here; what cannot be told stays open, and `check.py` says so.
"""

from __future__ import annotations

from dataclasses import replace

from netspec.runner.recipe.facts import ColumnFacts, SetFacts
from netspec.runner.recipe.model import ModelFacts, OutputFacts
from netspec.runner.recipe.read_losses import CLASS_LOSSES
from netspec.runner.recipe.records import LossUse, Recipe
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor

MEAN = "mean"
# What `losses` calls the output of a network that returns one tensor.
ONLY = "output"


def bound(recipe: Recipe, model: ModelFacts | None, facts: SetFacts | None) -> Recipe:
    """The recipe with `inputs` of all inputs, and of each loss its output, target and class axis."""
    inputs = dict(recipe.data.inputs)
    if model is not None and facts is not None:
        # Names that the model does not have stay behind the others, to be reported.
        usual = {each.name: column_of(each.name, model, facts) for each in model.inputs}
        inputs = {name: inputs.get(name, column) for name, column in usual.items()} | {
            name: column for name, column in inputs.items() if name not in usual
        }
    bound = replace(recipe, data=replace(recipe.data, inputs=inputs))
    return replace(bound, losses=tuple(_loss(use, bound, model, facts) for use in recipe.losses))


def column_of(name: str, model: ModelFacts, facts: SetFacts) -> str:
    """The column that an input takes by default: an only one the set's main column, of several each the
    column of its own name."""
    return facts.main if len(model.inputs) == 1 else name


def _loss(use: LossUse, recipe: Recipe, model: ModelFacts | None, facts: SetFacts | None) -> LossUse:
    output = use.output
    if model is not None and len(model.outputs) == 1 and output in (None, ONLY):
        output = next(iter(model.outputs))
    target = use.target
    if target is None and use.loss.name != MEAN:
        target = recipe.data.target or (facts.target if facts is not None else None)
    axis = use.class_axis
    if model is not None and facts is not None and use.loss.name in CLASS_LOSSES and output in model.outputs:
        column = facts.columns.get(target or "")
        axis = axis if column is None else class_axis(model.outputs[output], column)
    wide = None
    if model is not None and output in model.outputs:
        wide = _wide(model.outputs[output], axis)
    return replace(use, output=output, target=target, class_axis=axis, classes=wide)


def _wide(output: OutputFacts, axis: int) -> int | None:
    """How many classes an output tells apart, where its shape says so."""
    match output.value:
        case Tensor(shape=shape) if shape is not None and len(shape) > 1:
            return shape[axis].value
    return None


def class_axis(output: OutputFacts, target: ColumnFacts) -> int:
    """1, as PyTorch has it, or -1 where the classes come last: `[N, T, classes]` against `[N, T]`."""
    match output.value:
        case Tensor(shape=shape) if shape is not None and len(shape) == len(target.shape) + 2 > 2:
            sizes = shape[1:]
            first, last = _fits(sizes[1:], target), _fits(sizes[:-1], target)
            if first != last:
                return 1 if first else -1
            # Both are possible: the number of classes decides, and what the columns usually are.
            there = sizes[0].value, sizes[-1].value
            if target.classes in there and there[0] != there[1]:
                return 1 if there[0] == target.classes else -1
            return -1 if target.kind == "tokens" else 1
    return 1


def _fits(sizes: tuple[Dim, ...], target: ColumnFacts) -> bool:
    """Whether the sizes can be the target's; a named one can be any."""
    return all(
        size.value is None or wanted is None or size.value == wanted
        for size, wanted in zip(sizes, target.shape, strict=True)
    )
