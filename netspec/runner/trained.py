"""What a run left behind: which file of weights to use, and the recipe that it was trained by."""

from __future__ import annotations

from pathlib import Path

from netspec.runner.errors import RunError
from netspec.runner.folder import BEST, LAST, RECIPE
from netspec.runner.recipe.load import load_recipe
from netspec.runner.resume import find_run, holds_run


def weights_of(path: Path) -> Path:
    """The file itself, or that of a run folder: the best epoch's where a validation set chose it, else the
    last one's. RunError where there is neither."""
    if path.is_file():
        return path
    if not path.exists():
        raise RunError(f"there is no {path}: give a run folder, or a file of weights")
    find_run(path)
    recipe = load_recipe(path / RECIPE).recipe
    assert recipe is not None
    found = path / (LAST if recipe.data.validation is None else BEST)
    if not found.is_file():
        raise RunError(f"the run in {path} has finished no epoch yet, so that there is no {found.name}")
    return found


def recipe_of(path: Path) -> Path:
    """The recipe of a run folder, or of the one in which a file lies. RunError where there is none."""
    folder = path if path.is_dir() else path.parent
    if not holds_run(folder):
        raise RunError(
            f"{path} lies in no run folder, so that its data are not known: name a recipe as `data`"
        )
    return folder / RECIPE
