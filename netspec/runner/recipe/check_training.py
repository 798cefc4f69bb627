"""The keys that say how training goes: paths against the model, and numbers against each other."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

from netspec.diagnostics import Collector, Diagnostic, Edit, Fix, Span, near
from netspec.runner.recipe.facts import SetFacts
from netspec.runner.recipe.figures import check_figure, figures
from netspec.runner.recipe.model import ModelFacts
from netspec.runner.recipe.records import Recipe
from netspec.syntax import Mapping, Node, Scalar, Sequence

# Schedulers that begin with a rise of their own.
_RISING = ("OneCycleLR", "CyclicLR")


def check_training(
    recipe: Recipe, model: ModelFacts | None, facts: SetFacts | None, collector: Collector
) -> None:
    """Report what cannot have an effect, or not the one that it is there for."""
    _check_figures(recipe, collector)
    _check_warmup(recipe, facts, collector)
    _check_epochs(recipe, collector)
    _check_step(recipe, facts, collector)
    _check_mix(recipe, facts, collector)
    _check_parallel(recipe, collector)
    if model is not None and model.paths is not None:
        _check_paths(recipe, model.paths, collector)


def _check_figures(recipe: Recipe, collector: Collector) -> None:
    known = figures(recipe.losses)
    entry = recipe.root.get("early_stopping")
    node = entry.get("metric") if isinstance(entry, Mapping) else None
    if isinstance(node, Scalar):
        check_figure("early_stopping", node, known, collector)
    scheduler = recipe.scheduler
    if scheduler is not None and isinstance(name := scheduler.arguments.get("metric"), str):
        place = scheduler.spans.get("metric", scheduler.span)
        check_figure("ReduceLROnPlateau", Scalar(name, name, place), known, collector)


def _check_warmup(recipe: Recipe, facts: SetFacts | None, collector: Collector) -> None:
    warmup, place = recipe.warmup, recipe.spans.get("warmup")
    if warmup is None or place is None:
        return
    if recipe.scheduler is not None and recipe.scheduler.name in _RISING:
        collector.add(
            "NS703",
            f"`{recipe.scheduler.name}` begins with a rise of its own, and `warmup` would be a second one",
            place,
            help="remove `warmup`",
        )
        return
    steps = steps_of(recipe, facts)
    too_long = (
        warmup.epochs >= recipe.epochs
        if warmup.epochs is not None
        else steps is not None and (warmup.steps or 0) >= steps * recipe.epochs
    )
    if too_long:
        long = f"{warmup.epochs:g} epochs" if warmup.epochs is not None else f"{warmup.steps:,} steps"
        whole = (
            f"{recipe.epochs:,} epochs" if warmup.epochs is not None else f"{(steps or 0) * recipe.epochs:,}"
        )
        _warn(
            f"the warm-up takes {long}, and the whole training has {whole}",
            place,
            "make it shorter than the training",
            collector,
        )


def steps_of(recipe: Recipe, facts: SetFacts | None) -> int | None:
    """The optimizer's steps in one epoch; the last one may have fewer batches."""
    if facts is None or facts.count is None:
        return None
    return math.ceil(math.ceil(facts.count / recipe.data.batch_size) / recipe.accumulate)


def _check_epochs(recipe: Recipe, collector: Collector) -> None:
    """What happens only after the last epoch."""
    stop, scheduler = recipe.early_stopping, recipe.scheduler
    if stop is not None and stop.patience >= recipe.epochs:
        _warn(
            f"`early_stopping` waits for {stop.patience} epochs, and there are {recipe.epochs}",
            recipe.spans["early_stopping"],
            "give a smaller `patience`, or more `epochs`",
            collector,
        )
    if scheduler is None or scheduler.faulty:
        return
    last, argument = 0, ""
    if scheduler.name == "MultiStepLR" and scheduler.arguments["milestones"]:
        last, argument = max(scheduler.arguments["milestones"]), "milestones"
    elif scheduler.name == "StepLR":
        last, argument = scheduler.arguments["step_size"], "step_size"
    if last >= recipe.epochs > 1:
        _warn(
            f"`{scheduler.name}` changes the learning rate after epoch {last}, and there are {recipe.epochs}",
            scheduler.spans.get(argument, scheduler.span),
            f"give {'smaller' if argument == 'milestones' else 'a smaller'} `{argument}`, or more `epochs`",
            collector,
        )


def _warn(message: str, place: Span, help: str, collector: Collector) -> None:
    collector.include(Diagnostic("NS703", message, place, severity="warning", help=help))


def _check_step(recipe: Recipe, facts: SetFacts | None, collector: Collector) -> None:
    wanted = recipe.data.batch_size * recipe.accumulate
    if facts is None or facts.count is None or recipe.accumulate == 1 or wanted <= facts.count:
        return
    collector.add(
        "NS703",
        f"a step would take {recipe.accumulate} batches of {recipe.data.batch_size} samples, and there are "
        f"{facts.count:,}",
        recipe.spans["accumulate"],
        help=f"write at most `accumulate: {max(1, facts.count // recipe.data.batch_size)}`",
    )


def _check_parallel(recipe: Recipe, collector: Collector) -> None:
    """The moving average is kept whole, and `fsdp` cuts weights into parts."""
    if recipe.ema is not None and recipe.parallel == "fsdp":
        collector.add(
            "NS703",
            "`ema` keeps whole weights, and `parallel: fsdp` cuts them into parts",
            recipe.spans["ema"],
            help="use `parallel: ddp`, or remove `ema`",
        )


def _check_mix(recipe: Recipe, facts: SetFacts | None, collector: Collector) -> None:
    """Mixed targets are probabilities, and only `cross_entropy` takes both these and class numbers."""
    mix, use = recipe.data.mix, recipe.losses[0]
    if not mix or use.loss.faulty:
        return
    name = mix[0].name
    column = facts.columns.get(use.target or "") if facts is not None else None
    image = facts.columns[facts.main].kind if facts is not None else "image"
    if len(recipe.losses) > 1 or len(recipe.data.inputs) > 1:
        why, help = "a recipe with one input and one loss", "remove `mix`"
    elif use.loss.name != "cross_entropy":
        why, help = (
            "`cross_entropy`, whose targets can be probabilities",
            "use `cross_entropy`, or remove `mix`",
        )
    elif use.loss.arguments.get("weight") is not None:
        why, help = "a loss without class weights", "remove `weight`, or `mix`"
    elif column is not None and (column.kind != "label" or image != "image"):
        why, help = "images with one class number each", "remove `mix`"
    else:
        return
    collector.add("NS703", f"`{name}` is for {why}", mix[0].span, help=help)


def _check_paths(recipe: Recipe, paths: tuple[str, ...], collector: Collector) -> None:
    for node in _patterns(recipe):
        if not any(fnmatchcase(path, node.text) for path in paths):
            _report_unmatched(node, paths, collector)
    if recipe.freeze and all(any(fnmatchcase(path, each) for each in recipe.freeze) for path in paths):
        collector.add(
            "NS705",
            "every parameter is frozen, so that nothing is left to train",
            recipe.spans["freeze"],
            help="leave out the layers that are to learn",
        )


def _patterns(recipe: Recipe) -> tuple[Scalar, ...]:
    """The texts of `freeze` and of each group's `match`."""
    freeze = recipe.root.get("freeze")
    items: tuple[Node, ...] = freeze.items if isinstance(freeze, Sequence) else (freeze,) if freeze else ()
    groups = (Scalar(group.match, group.match, group.span) for group in recipe.groups)
    return (*(each for each in items if isinstance(each, Scalar) and isinstance(each.value, str)), *groups)


def _report_unmatched(node: Scalar, paths: tuple[str, ...], collector: Collector) -> None:
    modules = dict.fromkeys(".".join(path.split(".")[:length]) for path in paths for length in _lengths(path))
    star = node.text.endswith(".*")
    best = near(node.text.removesuffix(".*"), modules)
    mended = f"{best}.*" if best and (star or best not in paths) else best
    collector.add(
        "NS705",
        f"no parameter has a path that fits `{node.text}`",
        node.span,
        help=f"write `{mended}`"
        if mended
        else f"paths are those of `state_dict`, such as `{paths[0]}`; `*` stands for anything",
        fixes=[Fix(f"Replace by `{mended}`", (Edit(node.span, mended),))]
        if mended and node.span.text == node.text
        else [],
    )


def _lengths(path: str) -> range:
    return range(1, path.count(".") + 2)
