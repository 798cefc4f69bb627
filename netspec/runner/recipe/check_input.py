"""The columns against the model's inputs: which goes where, dtype, rank, each size, and the vocabulary."""

from __future__ import annotations

from netspec.diagnostics import Collector, Edit, Fix, Label, Span, near
from netspec.runner.recipe.facts import ColumnFacts, SetFacts
from netspec.runner.recipe.model import InputFacts, ModelFacts
from netspec.runner.recipe.records import Component, Recipe
from netspec.shapes.dims import Dim, Symbol, const
from netspec.shapes.values import shape_text

_FLOATS = ("float32", "float64", "float16", "bfloat16")
_NAMES = {"image": "images", "mask": "masks", "label": "class numbers", "value": "values", "tokens": "tokens"}


def check_inputs(
    recipe: Recipe, data: Component, facts: SetFacts, model: ModelFacts, collector: Collector
) -> dict[str, Dim] | None:
    """The sizes that the inputs' named dimensions take for this data set; None where it does not fit."""
    sizes: dict[str, Dim] = {}
    if not _check_names(recipe, data, facts, model, collector):
        return None
    for wanted in model.inputs:
        column = facts.columns[recipe.data.inputs[wanted.name]]
        misfit = _misfit(recipe, column, wanted, sizes)
        if misfit is None:
            misfit = _unknown_tokens(column, wanted)
        if misfit is not None:
            why, help = misfit
            collector.add(
                "NS701",
                f"`{data.name}` gives {_NAMES[column.kind]} of shape {column.text}, but `{wanted.name}` of "
                f"`{model.name}` does not take them: {why}",
                data.spans.get(recipe.data.inputs[wanted.name], data.span),
                labels=[Label(wanted.span, "declared here")],
                help=help,
            )
            return None
    return sizes


def _check_names(
    recipe: Recipe, data: Component, facts: SetFacts, model: ModelFacts, collector: Collector
) -> bool:
    """Whether each input is a tensor with a column that exists."""
    if not model.inputs:
        collector.add(
            "NS701",
            f"`{model.name}` takes no input, so that there is nothing to learn from data",
            recipe.model.span,
            help="train a spec with inputs",
        )
        return False
    for wanted in model.inputs:
        if wanted.kind != "tensor":
            collector.add(
                "NS701",
                f"`{wanted.name}` of `{model.name}` is {wanted.kind}, but a batch has one tensor "
                "for each input",
                recipe.model.span,
                labels=[Label(wanted.span, "declared here")],
                help="train a spec whose inputs are tensors",
            )
            return False
        name = recipe.data.inputs.get(wanted.name, wanted.name)
        if name not in facts.columns:
            best = near(name, facts.columns)
            listed = ", ".join(f"`{each}`" for each in facts.columns)
            place = recipe.data.spans.get(f"inputs.{wanted.name}")
            collector.add(
                "NS701",
                f"`{wanted.name}` of `{model.name}` takes the column `{name}`, and `{data.name}` has none of "
                "that name",
                place or recipe.data.spans.get("inputs", recipe.model.span),
                labels=[Label(wanted.span, "declared here")],
                help=f"one with a similar name exists: `{best}`"
                if best
                else f"say which it takes: `inputs: {{{wanted.name}: COLUMN}}`; the columns are {listed}",
                fixes=renaming(place, best),
            )
            return False
    return _check_given(recipe, model, collector)


def renaming(place: Span | None, best: str | None) -> list[Fix]:
    """The fix that writes the similar name, where there is one."""
    return [Fix(f"Rename to `{best}`", (Edit(place, best),))] if place and best else []


def _check_given(recipe: Recipe, model: ModelFacts, collector: Collector) -> bool:
    """Whether the model has every input that the recipe feeds."""
    known = [each.name for each in model.inputs]
    for name in recipe.data.inputs:
        if name not in known:
            best = near(name, known)
            listed = ", ".join(f"`{each}`" for each in known)
            collector.add(
                "NS701",
                f"`{model.name}` has no input `{name}`",
                recipe.data.spans[f"inputs key {name}"],
                labels=[Label(model.inputs[0].span, "its inputs")],
                help=f"one with a similar name exists: `{best}`" if best else f"its inputs are {listed}",
                fixes=renaming(recipe.data.spans[f"inputs key {name}"], best),
            )
            return False
    return True


def _misfit(
    recipe: Recipe, column: ColumnFacts, wanted: InputFacts, sizes: dict[str, Dim]
) -> tuple[str, str] | None:
    """Why the column does not go in and what to do, or None; fills in the sizes of named dimensions."""
    if (wanted.dtype in _FLOATS) != (column.dtype == "float32"):
        what = f"{_NAMES[column.kind]} are {column.dtype}"
        return f"{what}, but it is {wanted.dtype}", f"declare the input as {column.dtype}"
    if wanted.shape is None:
        return None
    given = (recipe.data.batch_size, *column.shape)
    if len(wanted.shape) != len(given):
        count = _COUNTS.get(len(given), str(len(given)))
        return (
            f"it is {shape_text(wanted.shape)}, and a batch of them has {count} dimension"
            + ("s" if len(given) > 1 else ""),
            f"declare it as [N{''.join(f', {size or chr(63)}' for size in column.shape)}]",
        )
    for axis, (size, actual) in enumerate(zip(wanted.shape, given, strict=True)):
        if actual is None:
            return _no_size(recipe, column, wanted)
        here = size.substitute(sizes)
        if here.value is None:
            problem = _named(here, actual, axis, column, sizes)
            if problem is not None:
                return problem
        elif here.value == actual:
            continue
        elif axis == 0 and size.value is not None:
            why = f"it fixes the number of {_samples(column)} in a batch at {here}, and the last batch"
            return f"{why} is often smaller", "give the first dimension a name, such as `N`"
        else:
            return f"it needs {shape_text(wanted.shape)}", _help(axis, recipe, column, wanted)
    return None


_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def _samples(column: ColumnFacts) -> str:
    return "images" if column.kind == "image" else "samples"


def _named(
    size: Dim, actual: int, axis: int, column: ColumnFacts, sizes: dict[str, Dim]
) -> tuple[str, str] | None:
    """A dimension with a name takes the size; what is wrong where it is bounded otherwise."""
    found = next((each for each in size.symbols if str(size) == each.name), None)
    if found is None:
        return None
    sizes[found.name] = const(actual)
    return _beyond(found, actual, axis, column)


def _beyond(found: Symbol, actual: int, axis: int, column: ColumnFacts) -> tuple[str, str] | None:
    if found.maximum is not None and actual > found.maximum:
        bound, limit = "at most", found.maximum
    elif actual < found.minimum:
        bound, limit = "at least", found.minimum
    else:
        return None
    if axis == 0:
        help = f"write `batch_size: {limit}`"
    elif column.kind == "tokens" and axis == 1:
        help = f"write `context: {limit}`"
    else:
        help = "change the data, or the bound in the spec"
    return f"its `{found.name}` is {bound} {limit}, and here it is {actual}", help


def _unknown_tokens(column: ColumnFacts, wanted: InputFacts) -> tuple[str, str] | None:
    """An embedding with fewer rows than there are numbers fails at the first one beyond."""
    if wanted.vocabulary is None or column.classes is None or column.classes <= wanted.vocabulary:
        return None
    return (
        f"they are numbers below {column.classes}, and its embedding `{wanted.embedding}` knows "
        f"{wanted.vocabulary}",
        f"give the embedding {column.classes} rows",
    )


def _no_size(recipe: Recipe, column: ColumnFacts, wanted: InputFacts) -> tuple[str, str]:
    assert wanted.shape is not None
    sizes = [size.value or 224 for size in wanted.shape[2:]]
    return (
        "each comes in its own size, and a batch needs one",
        f"add `{{Resize: {{size: [{', '.join(map(str, sizes))}]}}}}` to `transform`",
    )


def _help(axis: int, recipe: Recipe, column: ColumnFacts, wanted: InputFacts) -> str:
    assert wanted.shape is not None
    if column.kind != "image" or len(wanted.shape) != 4:
        return "change the spec's input, or the data"
    channels, height, width = (size.value for size in wanted.shape[1:])
    if axis == 1:
        converter = {1: "Grayscale", 3: "RGB"}.get(channels or 0)
        return f"add `{converter}` to `transform`" if converter else "change the spec's input"
    size = height or column.shape[1], width or column.shape[2]
    text = str(size[0]) if size[0] == size[1] else f"{{size: [{size[0]}, {size[1]}]}}"
    if any(each.name == "Resize" for each in recipe.data.transform):
        return f"write `Resize: {text}` in `transform`"
    return f"add `{{Resize: {text}}}` to `transform`"
