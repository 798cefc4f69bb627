"""A recipe file -> everything that can be known of it without torch: `check_recipe(path)`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from netspec.diagnostics import Collector, Diagnostic, Source
from netspec.diagnostics.suppress import suppress
from netspec.errors import NetspecError, SpecError
from netspec.files import carried_params, read_source
from netspec.pipeline import Checked
from netspec.pipeline import check as check_spec
from netspec.report import Report
from netspec.runner.recipe.bind import bound
from netspec.runner.recipe.check import check
from netspec.runner.recipe.check_sets import all_facts
from netspec.runner.recipe.check_weights import check_weights, report_unreadable
from netspec.runner.recipe.document import read_recipe
from netspec.runner.recipe.model import model_facts
from netspec.runner.recipe.overrides import apply_overrides
from netspec.runner.recipe.records import ModelUse, Recipe
from netspec.syntax import Mapping, read


@dataclass(frozen=True, slots=True)
class CheckedRecipe:
    """A recipe with its spec, and what is wrong with either. `recipe` and `spec` are None where the
    text is too faulty to tell. The spec's errors, which hinder the recipe, are among the diagnostics;
    its warnings are for a check of the spec itself."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    recipe: Recipe | None = None
    spec: Checked | None = field(default=None, repr=False)

    @property
    def report(self) -> Report:
        paths = [self.source.path]
        if self.spec is not None and not self.spec.report.ok:
            paths.append(self.spec.source.path)
        return Report(tuple(paths), self.diagnostics)


def load_recipe(path: str | os.PathLike[str], overrides: tuple[tuple[str, str], ...] = ()) -> CheckedRecipe:
    """A recipe without errors; SpecError with the report where it has any, NetspecError where the
    file cannot be read."""
    checked = check_recipe(path, overrides)
    if not checked.report.ok:
        raise SpecError(checked.report)
    return checked


def check_recipe(path: str | os.PathLike[str], overrides: tuple[tuple[str, str], ...] = ()) -> CheckedRecipe:
    """Read and check a recipe file, with overrides put in (see `overrides.py`); NetspecError where it
    cannot be read."""
    collector = Collector()
    source = read_source(path, collector)
    if source is None:
        return CheckedRecipe(Source(os.fspath(path), ""), collector.diagnostics)
    return check_source(source, overrides)


def check_source(source: Source, overrides: tuple[tuple[str, str], ...] = ()) -> CheckedRecipe:
    """The same for a text; its path says where the spec lies."""
    collector = Collector()
    document = read(source, collector)
    if document is None:
        return CheckedRecipe(source, collector.diagnostics)
    root = document.root
    if isinstance(root, Mapping):
        root = apply_overrides(root, overrides, collector)
    recipe = read_recipe(root, collector)
    spec = None
    if recipe is not None:
        spec = _spec(recipe.model, Path(source.path).parent, collector)
        model, facts = None if spec is None else model_facts(spec), all_facts(recipe, collector)
        recipe = bound(recipe, model, next((each for each in facts.values() if each is not None), None))
        check(recipe, model, facts, collector)
        check_weights(recipe.model, Path(source.path).parent, model, collector)
    found = suppress(collector.diagnostics, source, document.is_comment)
    return CheckedRecipe(source, found + (spec.report.errors if spec is not None else ()), recipe, spec)


def _spec(model: ModelUse, folder: Path, collector: Collector) -> Checked | None:
    """The spec that a recipe trains, checked with the recipe's params."""
    if model.faulty:
        return None
    # `..` in the text of a path only lengthens reports.
    path = Path(os.path.normpath(folder / model.spec))
    found = Collector()
    try:
        source = read_source(path, found)
    except NetspecError as error:
        report_unreadable("spec", model.spec, path, error, model.span, collector)
        return None
    if source is None:
        for diagnostic in found.diagnostics:
            collector.include(diagnostic)
        return None
    checked = check_spec(source, {**carried_params(source.path), **model.params})
    return replace(checked, diagnostics=tuple(_placed(each, model) for each in checked.diagnostics))


def _placed(diagnostic: Diagnostic, model: ModelUse) -> Diagnostic:
    """A param that the recipe gives wrongly is reported where the recipe gives it."""
    if diagnostic.code in ("NS304", "NS307"):
        for name, span in model.spans.items():
            if f"`{name}`" in diagnostic.message:
                return replace(diagnostic, span=span)
    return diagnostic
