"""The file of weights that training starts from: is it there, and does anything in it fit?"""

from __future__ import annotations

import os
from pathlib import Path

from netspec.carry.read import read_declared
from netspec.diagnostics import Collector, Label, Span, similar
from netspec.errors import NetspecError
from netspec.runner.recipe.model import ModelFacts
from netspec.runner.recipe.records import ModelUse


def check_weights(use: ModelUse, folder: Path, model: ModelFacts | None, collector: Collector) -> None:
    """NS703 for weights that cannot be read, or of which none belongs to the model."""
    if use.weights is None or use.weights_span is None or use.weights == use.spec or use.faulty:
        return
    # `..` in the text of a path only lengthens reports.
    path = Path(os.path.normpath(folder / use.weights))
    try:
        found = read_declared(str(path))
    except NetspecError as error:
        report_unreadable("weights", use.weights, path, error, use.weights_span, collector)
        return
    if model is None or model.paths is None or found.header.tensors.keys() & set(model.paths):
        return
    names = ", ".join(f"`{name}`" for name in tuple(found.header.tensors)[:2]) or "nothing"
    collector.add(
        "NS703",
        f"none of the weights in `{use.weights}` has the name of a parameter of `{model.name}`",
        use.weights_span,
        labels=[Label(model.span, "does not have them")],
        help=f"the file has {names}; give weights of this network, or none",
    )


def report_unreadable(
    what: str, written: str, path: Path, error: NetspecError, place: Span, collector: Collector
) -> None:
    """NS703 for a file that the recipe names, with one of a similar name beside it."""
    there = [each.name for each in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
    best = similar(path.name, there, limit=1)
    help = (
        f"a file with a similar name is there: `{best[0]}`" if best else "paths start at the recipe's folder"
    )
    collector.add("NS703", f"the {what} `{written}` cannot be read: {error}", place, help=help)
