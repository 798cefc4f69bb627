"""Does a recipe hold together? Data, model, loss and batch size against each other, before anything loads.

Each rule is a function of the recipe and of what is known of the model; a part that is faulty or
unknown is not judged. NS701: data and model; NS702: loss and output; NS703: values that cannot work.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Label
from netspec.runner.recipe.check_input import check_input
from netspec.runner.recipe.check_loss import check_loss
from netspec.runner.recipe.facts import Sample, SetFacts, set_facts
from netspec.runner.recipe.model import ModelFacts
from netspec.runner.recipe.records import Component, Recipe
from netspec.runner.recipe.transforms import Unfit, is_random, transformed
from netspec.shapes.dims import Dim


def check(recipe: Recipe, model: ModelFacts | None, collector: Collector) -> None:
    """Report everything in a recipe that cannot work; `model` is None where the spec has errors."""
    _check_parts(recipe, collector)
    _check_randomness(recipe, collector)
    sizes: dict[str, Dim] | None = {}
    for data in _sets(recipe):
        sample = _sample(recipe, data, collector)
        if sizes is not None and model is not None and sample is not None:
            # The sets of one recipe mostly are parts of one: a misfit is reported for the first only.
            sizes = check_input(recipe, data, sample, model, collector)
    if model is None:
        return
    facts = set_facts(recipe.data.train)
    check_loss(recipe, model, None if facts is None else facts.classes, sizes or {}, collector)
    if facts is not None:
        _check_batch(recipe, facts, model, collector)


def _sets(recipe: Recipe) -> tuple[Component, ...]:
    data = recipe.data
    return tuple(each for each in (data.train, data.validation, data.test) if each is not None)


def _check_parts(recipe: Recipe, collector: Collector) -> None:
    """Held-out data that training sees, or that have other classes, measure nothing."""
    train, facts = recipe.data.train, set_facts(recipe.data.train)
    for other in _sets(recipe)[1:]:
        others = set_facts(other)
        if facts is None or others is None:
            continue
        seen = ("root", "download")
        same = other.name == train.name and all(
            other.arguments[name] == value for name, value in train.arguments.items() if name not in seen
        )
        mixed = other.name == train.name == "Digits" and other.arguments["by"] != train.arguments["by"]
        if mixed:
            collector.add(
                "NS701",
                "the two parts of the digits are split by different rules, so that they overlap",
                other.spans.get("by", other.span),
                labels=[Label(train.span, "trained on")],
                help="give both the same `by`",
            )
        elif same:
            collector.add(
                "NS701",
                "the recipe measures on the very images that it trains on",
                other.span,
                labels=[Label(train.span, "trained on")],
                help="use the other part of the data set: " + _other_part(other),
            )
        elif facts.classes != others.classes:
            collector.add(
                "NS701",
                f"`{other.name}` has {others.classes} classes, but `{train.name}` has {facts.classes}",
                other.span,
                labels=[Label(train.span, "trained on")],
                help="measure on the same kind of data",
            )


def _other_part(data: Component) -> str:
    return "`split: test`" if data.name == "Digits" else "`train: false`"


def _check_randomness(recipe: Recipe, collector: Collector) -> None:
    for transform in recipe.data.transform:
        if not transform.faulty and is_random(transform):
            collector.add(
                "NS703",
                f"`{transform.name}` is random, and `transform` is done to the held-out images too",
                transform.span,
                help="move it to `augment`, which is for training only",
            )


def _sample(recipe: Recipe, data: Component, collector: Collector) -> Sample | None:
    """The shape in which an image of a data set reaches the model."""
    facts = set_facts(data)
    if facts is None:
        return None
    augment = recipe.data.augment if data is recipe.data.train else ()
    sample = facts.sample
    for transform in in_order(recipe.data.transform, augment):
        if transform.faulty:
            return None
        try:
            sample = transformed(sample, transform)
        except Unfit as unfit:
            place = transform.spans.get(unfit.argument, transform.span)
            collector.add("NS701", str(unfit), place, help=unfit.help)
            return None
    return sample


def in_order(transform: tuple[Component, ...], augment: tuple[Component, ...]) -> tuple[Component, ...]:
    """All transforms as they are done: augmentation comes before the first `Normalize`, so that what
    it fills in is black, as in the images themselves, and not the mean grey."""
    first = before_normalize(transform)
    return (*transform[:first], *augment, *transform[first:])


def before_normalize(transform: tuple[Component, ...]) -> int:
    """How many transforms stand before the first `Normalize`; all of them where there is none."""
    return next((i for i, each in enumerate(transform) if each.name == "Normalize"), len(transform))


def _check_batch(recipe: Recipe, facts: SetFacts, model: ModelFacts, collector: Collector) -> None:
    """Batch norm cannot train on one image: its variance has no value."""
    size = recipe.data.batch_size
    last = facts.count % size or size
    if model.batch_norms and 1 in (size, last):
        which = "a batch" if size == 1 else f"the last batch of {facts.count}"
        entry = recipe.root.get("data")
        node = entry.get("batch_size") if entry is not None else None  # type: ignore[union-attr]
        collector.add(
            "NS701",
            f"{which} holds one image, and `{model.batch_norms[0]}` normalises over the batch alone",
            node.span if node is not None else recipe.data.train.span,
            help="choose a larger `batch_size`" if size == 1 else "choose another `batch_size`",
        )
