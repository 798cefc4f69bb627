"""The sample against the model's input: number of inputs, dtype, rank, and each size."""

from __future__ import annotations

from netspec.diagnostics import Collector, Label
from netspec.runner.recipe.facts import Sample
from netspec.runner.recipe.model import InputFacts, ModelFacts
from netspec.runner.recipe.records import Component, Recipe
from netspec.shapes.dims import Dim, const
from netspec.shapes.values import shape_text

_FLOATS = ("float32", "float64", "float16", "bfloat16")


def check_input(
    recipe: Recipe, data: Component, sample: Sample, model: ModelFacts, collector: Collector
) -> dict[str, Dim] | None:
    """The sizes that the input's named dimensions take for this data set; None where it does not fit."""
    if len(model.inputs) != 1:
        names = ", ".join(f"`{each.name}`" for each in model.inputs) or "none"
        collector.add(
            "NS701",
            f"`{model.name}` takes {len(model.inputs)} inputs ({names}), but a data set gives only images",
            recipe.model.span,
            help="train a spec with one input",
        )
        return None
    (wanted,) = model.inputs
    if wanted.shape is None:
        return {}
    sizes: dict[str, Dim] = {}
    misfit = _misfit(recipe, sample, wanted, sizes)
    if misfit is None:
        return sizes
    why, help = misfit
    collector.add(
        "NS701",
        f"`{data.name}` gives images of shape {sample}, but `{wanted.name}` of `{model.name}` does not take "
        f"them: {why}",
        data.span,
        labels=[Label(wanted.span, "declared here")],
        help=help,
    )
    return None


def _misfit(
    recipe: Recipe, sample: Sample, wanted: InputFacts, sizes: dict[str, Dim]
) -> tuple[str, str] | None:
    """Why the sample does not go in and what to do, or None; fills in the sizes of named dimensions."""
    assert wanted.shape is not None
    if wanted.dtype not in _FLOATS:
        return f"images are float32, but it is {wanted.dtype}", "declare the input as float32"
    given = (recipe.data.batch_size, sample.channels, sample.height, sample.width)
    if len(wanted.shape) != len(given):
        shape = f"[N, {sample.channels}, {sample.height}, {sample.width}]"
        return (
            f"it is {shape_text(wanted.shape)}, and a batch of them has four dimensions",
            f"declare it as {shape}",
        )
    for axis, (size, actual) in enumerate(zip(wanted.shape, given, strict=True)):
        here = size.substitute(sizes)
        if here.value is None:
            if str(here) in {symbol.name for symbol in here.symbols}:
                sizes[str(here)] = const(actual)
        elif axis == 0:
            why = f"it fixes the number of images in a batch at {here}, and the last batch is often smaller"
            return why, "give the first dimension a name, such as `N`"
        elif here.value != actual:
            return f"it needs {shape_text(wanted.shape)}", _help(axis, recipe, sample, wanted)
    return None


def _help(axis: int, recipe: Recipe, sample: Sample, wanted: InputFacts) -> str:
    assert wanted.shape is not None
    channels, height, width = (size.value for size in wanted.shape[1:])
    if axis == 1:
        converter = {1: "Grayscale", 3: "RGB"}.get(channels or 0)
        return f"add `{converter}` to `transform`" if converter else "change the spec's input"
    size = height or sample.height, width or sample.width
    text = str(size[0]) if size[0] == size[1] else f"{{size: [{size[0]}, {size[1]}]}}"
    if any(each.name == "Resize" for each in recipe.data.transform):
        return f"write `Resize: {text}` in `transform`"
    return f"add `{{Resize: {text}}}` to `transform`"
