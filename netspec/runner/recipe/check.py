"""Does a recipe hold together? Data, model, losses and training against each other, before anything loads.

Each rule is a function of the recipe and of what is known of model and data; a part that is faulty or
unknown is not judged. NS701: data and model; NS702: losses and outputs; NS703: values that cannot work;
NS705: paths that fit no parameter.
"""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.runner.recipe.check_input import check_inputs
from netspec.runner.recipe.check_loss import check_losses
from netspec.runner.recipe.check_sets import Facts, check_parts, columns_of, sets_of
from netspec.runner.recipe.check_training import check_training
from netspec.runner.recipe.facts import SetFacts
from netspec.runner.recipe.model import ModelFacts
from netspec.runner.recipe.records import Recipe
from netspec.runner.recipe.transforms import before_normalize, is_random
from netspec.shapes.dims import Dim

__all__ = ["before_normalize", "check"]


def check(recipe: Recipe, model: ModelFacts | None, facts: Facts, collector: Collector) -> None:
    """Report everything in a bound recipe that cannot work; `model` is None where the spec has errors."""
    check_parts(recipe, facts, collector)
    _check_randomness(recipe, collector)
    trained, sizes = _check_columns(recipe, model, facts, collector)
    if model is not None:
        # Of data that do not go in, what comes out says nothing.
        check_losses(recipe, model, None if sizes is None else trained, sizes or {}, collector)
        _check_batch(recipe, trained, model, collector)
    check_training(recipe, model, trained, collector)


def _check_columns(
    recipe: Recipe, model: ModelFacts | None, facts: Facts, collector: Collector
) -> tuple[SetFacts | None, dict[str, Dim] | None]:
    """The training set as the model gets it, and the sizes that its columns give the inputs' dimensions;
    None where they do not go in."""
    trained = facts["train"]
    sizes: dict[str, Dim] | None = None
    for key, data in sets_of(recipe).items():
        known = facts[key]
        columns = None if known is None else columns_of(recipe, key, data, known, collector)
        if columns is None:
            continue
        if key == "train":
            trained = columns
        if model is not None:
            # The sets of one recipe mostly are parts of one: a misfit is reported for the first only.
            found = check_inputs(recipe, data, columns, model, collector)
            if found is None:
                return trained, sizes
            sizes = found if sizes is None else sizes
    return trained, sizes


def _check_randomness(recipe: Recipe, collector: Collector) -> None:
    for transform in recipe.data.transform:
        if not transform.faulty and is_random(transform):
            collector.add(
                "NS703",
                f"`{transform.name}` is random, and `transform` is done to the held-out images too",
                transform.span,
                help="move it to `augment`, which is for training only",
            )


def _check_batch(recipe: Recipe, facts: SetFacts | None, model: ModelFacts, collector: Collector) -> None:
    """Batch norm cannot train on one sample: its variance has no value."""
    if facts is None or facts.count is None or not model.batch_norms:
        return
    size = recipe.data.batch_size
    last = facts.count % size or size
    if 1 in (size, last):
        which = "a batch" if size == 1 else f"the last batch of {facts.count}"
        entry = recipe.root.get("data")
        node = entry.get("batch_size") if entry is not None else None  # type: ignore[union-attr]
        one = "image" if facts.columns[facts.main].kind == "image" else "sample"
        collector.add(
            "NS701",
            f"{which} holds one {one}, and `{model.batch_norms[0]}` normalises over the batch alone",
            node.span if node is not None else recipe.data.train.span,
            help="choose a larger `batch_size`" if size == 1 else "choose another `batch_size`",
        )
