"""Each loss against its output and its target: which there are, their shapes, classes and meaning."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Collector, Fix, Label, near
from netspec.runner.recipe.bind import MEAN
from netspec.runner.recipe.check_input import renaming
from netspec.runner.recipe.check_meaning import check_meaning
from netspec.runner.recipe.check_metrics import check_metrics
from netspec.runner.recipe.check_target import check_target
from netspec.runner.recipe.facts import SetFacts
from netspec.runner.recipe.model import ModelFacts
from netspec.runner.recipe.records import LossUse, Recipe
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor, Unknown

_WORDS = {"single": "tensor", "tuple": "tuple", "dict": "dict", "namedtuple": "named tuple", None: "nothing"}


def check_losses(
    recipe: Recipe,
    model: ModelFacts,
    facts: SetFacts | None,
    sizes: Mapping[str, Dim],
    collector: Collector,
) -> None:
    """Report outputs that a loss cannot take, or that it takes for something else."""
    if model.eval_structure is not None:
        collector.add(
            "NS702",
            f"`{model.name}` returns a {_WORDS[model.structure]} while it trains and a "
            f"{_WORDS[model.eval_structure]} when it is measured, and a loss takes the same of both",
            recipe.model.span,
            labels=[Label(model.span, "its outputs differ")],
            help="give params that leave out what only training returns, or let both return the same",
        )
        return
    for use in recipe.losses:
        if use.loss.faulty or not _check_output(use, recipe, model, collector):
            continue
        output = model.outputs[use.output]
        if isinstance(output.value, Unknown) and output.value.reason:
            _report_no_tensor(use, model, collector)
            continue
        if use.loss.name == MEAN:
            _check_mean(use, model, collector)
            continue
        if facts is None or (
            _check_column(use, recipe, facts, collector)
            and check_target(use, recipe, model, facts, sizes, collector)
        ):
            check_meaning(use.loss, output, collector, class_axis=use.class_axis)
            check_metrics(use, output, sizes, collector)


def _check_output(use: LossUse, recipe: Recipe, model: ModelFacts, collector: Collector) -> bool:
    """Whether the model has the output that a loss is for."""
    if use.output in model.outputs:
        return True
    fixes: list[Fix] = []
    names = [str(name) for name in model.outputs if name is not None]
    listed = ", ".join(f"`{name}`" for name in names)
    place = recipe.spans.get("losses", use.loss.span)
    if not names:
        message = f"`{model.name}` returns one tensor, and none is called `{use.output}`"
        help = "write `loss` in place of `losses`"
    elif use.output is None:
        message = (
            f"`{model.name}` returns a {_WORDS[model.structure]} of {listed}, and `loss` is for one output"
        )
        each = ", ".join((f"{names[0]}: {use.loss.name}", *(f"{name}: ..." for name in names[1:])))
        help = f"give each its own: `losses: {{{each}}}`"
    else:
        message = f"`{model.name}` has no output `{use.output}`"
        best = near(use.output, names)
        help = f"one with a similar name exists: `{best}`" if best else f"its outputs are {listed}"
        place = use.spans.get("output", place)
        fixes = renaming(use.spans.get("output"), best)
    labels = [Label(model.span, "its outputs")]
    collector.add("NS702", message, place, labels=labels, help=help, fixes=fixes)
    return False


def _report_no_tensor(use: LossUse, model: ModelFacts, collector: Collector) -> None:
    output = model.outputs[use.output]
    assert isinstance(output.value, Unknown)
    collector.add(
        "NS702",
        f"a loss takes a tensor, but the output of `{model.name}` is {output.value.reason}",
        use.loss.span,
        labels=[Label(output.span, "made here")],
        help="let the model return tensors",
    )


def _check_mean(use: LossUse, model: ModelFacts, collector: Collector) -> None:
    output = model.outputs[use.output]
    if isinstance(output.value, Tensor) and not (output.value.dtype or "float").startswith(
        ("float", "bfloat")
    ):
        collector.add(
            "NS702",
            f"`mean` makes a number small, but the output is {output.value}",
            use.loss.span,
            labels=[Label(output.span, "made here")],
            help="let the model return a loss with a fraction",
        )
    if use.target is not None:
        collector.add(
            "NS702",
            "`mean` is of the output alone, and takes no target",
            use.loss.span,
            help="remove `target`",
        )
    check_metrics(use, output, {}, collector)


def _check_column(use: LossUse, recipe: Recipe, facts: SetFacts, collector: Collector) -> bool:
    """Whether the data have the target's column."""
    data = recipe.data.train
    written = use.spans.get("target") or recipe.data.spans.get("target")
    place = written or use.loss.span
    listed = ", ".join(f"`{name}`" for name in facts.columns)
    if use.target is None:
        collector.add(
            "NS701",
            f"`{data.name}` has no column for `{use.loss.name}` to compare with",
            place,
            help=f"say which it is: `target: COLUMN` in `data`; the columns are {listed}",
        )
        return False
    if use.target in facts.columns:
        return True
    best = near(use.target, facts.columns)
    collector.add(
        "NS701",
        f"`{data.name}` has no column `{use.target}`",
        place,
        help=f"one with a similar name exists: `{best}`" if best else f"its columns are {listed}",
        fixes=renaming(written, best),
    )
    return False
