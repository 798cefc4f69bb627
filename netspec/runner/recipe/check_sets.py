"""The data sets against each other, and what their transforms make of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from netspec.diagnostics import Collector, Label
from netspec.runner.recipe.facts import ColumnFacts, Damaged, SetFacts, set_facts
from netspec.runner.recipe.records import Component, Recipe
from netspec.runner.recipe.transforms import Sample, Unfit, in_order, transformed

Facts: TypeAlias = Mapping[str, SetFacts | None]


def sets_of(recipe: Recipe) -> dict[str, Component]:
    """The sets that a recipe names, by key; the training set first."""
    data = recipe.data
    found = {"train": data.train, "validation": data.validation, "test": data.test}
    return {key: each for key, each in found.items() if each is not None}


def all_facts(recipe: Recipe, collector: Collector) -> Facts:
    """The facts of each set."""
    return {key: _facts(each, collector) for key, each in sets_of(recipe).items()}


def _facts(data: Component, collector: Collector) -> SetFacts | None:
    try:
        return set_facts(data)
    except Damaged as damaged:
        place = data.spans.get(damaged.argument, data.span)
        collector.add("NS701", str(damaged), place, help=damaged.help)
        return None


def check_parts(recipe: Recipe, facts: Facts, collector: Collector) -> None:
    """Held-out data that training sees, or that have other classes, measure nothing."""
    train = recipe.data.train
    for key, other in sets_of(recipe).items():
        if key == "train" or other.faulty or train.faulty:
            continue
        if overlap := _overlap(train, other):
            message, argument, help = overlap
            collector.add(
                "NS701",
                message,
                other.spans.get(argument, other.span),
                labels=[Label(train.span, "trained on")],
                help=help,
            )
            continue
        own, others = facts["train"], facts[key]
        if own is not None and others is not None:
            _check_classes(train, own, other, others, collector)


def _check_classes(
    train: Component, own: SetFacts, other: Component, others: SetFacts, collector: Collector
) -> None:
    for name, column in own.columns.items():
        their = others.columns.get(name)
        if their is None or column.classes is None or their.classes is None:
            continue
        known = column.exact and their.exact
        if column.classes != their.classes if known else their.classes > column.classes:
            collector.add(
                "NS701",
                f"`{other.name}` has {their.classes} classes, but `{train.name}` has {column.classes}",
                other.spans.get(name, other.span),
                labels=[Label(train.span, "trained on")],
                help="measure on the same kind of data",
            )
            return


def _overlap(train: Component, other: Component) -> tuple[str, str, str] | None:
    """Why some samples are in both sets, the argument to blame, and what to do."""
    if other.name != train.name:
        return None
    mine, theirs = train.arguments, other.arguments
    what = "rows" if train.name == "Arrays" else "text" if train.name == "Text" else "images"
    same = f"the recipe measures on the very {what} that it trains on"
    match train.name:
        case "Arrays":
            files = {value for name, value in mine.items() if name != "rows" and value is not None}
            if not files & {value for name, value in theirs.items() if name != "rows" and value is not None}:
                return None
            (a, b), (c, d) = mine["rows"] or (0, float("inf")), theirs["rows"] or (0, float("inf"))
            return (same, "rows", "give each its own `rows`") if a < d and c < b else None
        case "Text":
            if mine["path"] != theirs["path"]:
                return None
            if mine["split"] == theirs["split"] or "all" in (mine["split"], theirs["split"]):
                return same, "split", "write `split: train` for the one and `split: test` for the other"
            differ, key = mine["held_out"] != theirs["held_out"], "held_out"
        case "Digits" if mine["by"] != theirs["by"]:
            return (
                "the two parts of the digits are split by different rules, so that they overlap",
                "by",
                "give both the same `by`",
            )
        case _:
            # A set that torchvision knows is the same wherever it lies.
            aside = ("download",) if train.name in ("ImageFolder", "ImageMasks") else ("root", "download")
            if any(theirs[name] != value for name, value in mine.items() if name not in aside):
                return None
            return same, "", f"use the other part of the data set: {_other_part(other)}"
    if differ:
        return (
            f"the two parts of the {what} are cut at different places, so that they overlap",
            key,
            (f"give both the same `{key}`"),
        )
    return None


def _other_part(data: Component) -> str:
    if "train" in data.arguments:
        return "`train: false`"
    return "`split: test`" if "split" in data.arguments else "another folder"


def columns_of(
    recipe: Recipe, key: str, data: Component, facts: SetFacts, collector: Collector
) -> SetFacts | None:
    """The columns as the model gets them, behind all transforms; None after a report."""
    augment = recipe.data.augment if key == "train" else ()
    steps = in_order(recipe.data.transform, augment)
    if any(step.faulty for step in steps):
        return None
    images = {name: each for name, each in facts.columns.items() if each.kind == "image"}
    if not images:
        return _without_images(recipe, data, facts, collector)
    changed: dict[str, ColumnFacts] = {}
    for name, column in images.items():
        shape = _transformed(column, steps, collector)
        if shape is None:
            return None
        changed[name] = replace(column, shape=shape)
        # A mask lies on its image, and moves with it.
        for other, mask in facts.columns.items():
            if mask.kind == "mask" and mask.shape == column.shape[1:]:
                changed[other] = replace(mask, shape=shape[1:])
    return replace(facts, columns={**facts.columns, **changed})


def _without_images(
    recipe: Recipe, data: Component, facts: SetFacts, collector: Collector
) -> SetFacts | None:
    for key, steps in (("transform", recipe.data.transform), ("augment", recipe.data.augment)):
        if steps:
            collector.add(
                "NS701",
                f"`{steps[0].name}` changes images, and `{data.name}` has none",
                steps[0].span,
                help=f"remove `{key}`",
            )
            return None
    return facts


def _transformed(
    column: ColumnFacts, steps: tuple[Component, ...], collector: Collector
) -> tuple[int | None, ...] | None:
    channels, height, width = column.shape
    assert channels is not None
    sample = Sample(channels, height, width)
    for step in steps:
        try:
            sample = transformed(sample, step)
        except Unfit as unfit:
            place = step.spans.get(unfit.argument, step.span)
            collector.add("NS701", str(unfit), place, help=unfit.help)
            return None
    return sample.shape
