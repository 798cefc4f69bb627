"""Writes the report of a finished run: `write_report(...)` -> `report.html`, and `plots/` as SVG and PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from netspec.atomic import replace_whole
from netspec.pipeline import Checked
from netspec.runner.data.batch import Batches
from netspec.runner.folder import PLOTS, REPORT
from netspec.runner.precision import Precision
from netspec.runner.recipe.records import Recipe
from netspec.runner.records import Epoch, Result
from netspec.runner.report.judge import Judgement, judge
from netspec.runner.report.page import About, page
from netspec.runner.report.png import plot_png
from netspec.views.notebook import spec_html
from netspec.views.plots.curves import curves
from netspec.views.plots.heat_map import heat_map
from netspec.views.plots.shapes import Plot
from netspec.views.plots.svg_plot import plot_svg


def write_report(
    result: Result,
    recipe: Recipe,
    spec: Checked,
    test: Batches,
    precision: Precision,
    *,
    recipe_text: str,
    versions: Mapping[str, object],
) -> Path:
    """Measure once more, sample by sample, and write all; the page's path. OSError where the disk refuses."""
    judgements = judge(result.module, test, recipe.losses, precision, recipe.seed)
    plots = run_curves(result.epochs)
    judged = [(each, _matrix(each) if each.counts else None) for each in judgements]
    matrices = {
        "-".join(filter(None, ("confusion", each.name))): matrix
        for each, matrix in judged
        if matrix is not None
    }
    folder = result.folder / PLOTS
    folder.mkdir(exist_ok=True)
    for name, plot in {**plots, **matrices}.items():
        replace_whole(folder / f"{_file(name)}.svg", (plot_svg(plot).encode(),))
        replace_whole(folder / f"{_file(name)}.png", (plot_png(plot),))
    about = About(
        name=recipe.name,
        line=_line(result, test),
        figures=_figures(result),
        warnings=str(result.report) if result.report.diagnostics else "",
        network=spec_html(spec),
        recipe=recipe_text,
        facts=versions,
    )
    html = page(about, list(plots.values()), judged)
    path = result.folder / REPORT
    replace_whole(path, (html.encode(),))
    return path


def _matrix(judgement: Judgement) -> Plot:
    of = f" ({judgement.name})" if judgement.name else ""
    return heat_map(f"Which class was taken for which{of}", judgement.classes, judgement.counts)


def run_curves(epochs: Sequence[Epoch]) -> dict[str, Plot]:
    """A plot of the losses, one of each metric, and one of the learning rate, by the names of their files."""
    if not epochs:
        return {}
    found = {
        "loss": curves(
            "loss", {"train": [(e.number, e.train_loss) for e in epochs], **_held_out(epochs, "loss")}
        )
    }
    for name in epochs[0].test:
        if name != "loss":
            found[name] = curves(name, _held_out(epochs, name))
    found["learning-rate"] = curves("learning rate", {"rate": [(e.number, e.rate) for e in epochs]})
    return found


def _held_out(epochs: Sequence[Epoch], name: str) -> dict[str, list[tuple[float, float]]]:
    series = {
        "validation": [(float(e.number), e.validation[name]) for e in epochs if name in e.validation],
        "test": [(float(e.number), e.test[name]) for e in epochs if name in e.test],
    }
    return {key: points for key, points in series.items() if points}


def _line(result: Result, test: Batches) -> str:
    return (
        f"{result.samples:,} samples to train on, {result.tested:,} held out ({test.name}); "
        f"{len(result.epochs)} epochs in {result.seconds:.1f} s on {result.device}. "
        f"Figures of {result.weights.name}, epoch {result.chosen.number}."
    )


def _figures(result: Result) -> tuple[tuple[str, str], ...]:
    parameters = sum(each.numel() for each in result.module.parameters())
    measured = tuple((f"test {name}", f"{value:.4f}") for name, value in result.metrics.items())
    return (*measured, ("parameters", f"{parameters:,}"))


def _file(name: str) -> str:
    """A name that every file system takes."""
    return "".join(char if char.isalnum() or char in "-_." else "-" for char in name)
