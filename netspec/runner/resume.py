"""A run folder -> what goes on there: whether it holds a run, and whether the run is still the same."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netspec.runner.errors import RunError
from netspec.runner.folder import DATA, RECIPE, VERSIONS

_MOST_LINES = 40


def holds_run(folder: Path) -> bool:
    """Whether a run has begun in a folder: its recipe is the last of its inputs to be written."""
    return (folder / RECIPE).is_file()


def find_run(folder: Path) -> None:
    """RunError where the folder holds no run."""
    if not holds_run(folder):
        raise RunError(
            f"{folder} holds no run: give the run folder, in which `{RECIPE}` lies"
            if folder.is_dir()
            else f"there is no folder {folder}: give the run folder, in which `{RECIPE}` lies"
        )


def check_same(before: Mapping[str, str], now: Mapping[str, str], *, what: str) -> None:
    """RunError, with what differs, where recipe or spec are not those that the run began with."""
    found = [
        line
        for name in sorted({*before, *now})
        for line in difflib.unified_diff(
            before.get(name, "").splitlines(), now.get(name, "").splitlines(),
            f"{name} (as the run began)", f"{name} ({what})", lineterm="", n=1,
        )
    ]  # fmt: skip
    if not found:
        return
    shown = found[:_MOST_LINES] + (
        [f"... and {len(found) - _MOST_LINES} more lines"] if found[_MOST_LINES:] else []
    )
    raise RunError(
        "the run cannot go on, since it began with another recipe or spec:\n\n"
        + "\n".join(shown)
        + "\n\nUndo the change, or begin a new run; "
        + "`model: {spec: ..., weights: ...}` starts one from weights."
    )


def read_inputs(folder: Path, names: Mapping[str, str]) -> dict[str, str]:
    """What now stands in the run's own copies of recipe and spec."""
    found = {}
    for name in names:
        try:
            found[name] = (folder / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            found[name] = ""
    return found


def read_data(folder: Path) -> dict[str, str]:
    """The hashes of the data files that the run began with. RunError where they are not there."""
    try:
        found: dict[str, str] = json.loads((folder / DATA).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder / DATA} cannot be read ({error}): begin a new run") from None
    return found


def changes(folder: Path, now: Mapping[str, Any]) -> list[str]:
    """What of the versions and the machine is not as it was, as sentences: bits may differ for it."""
    try:
        before = json.loads((folder / VERSIONS).read_text("utf-8"))
    except (OSError, ValueError):
        return [f"{VERSIONS} of the run cannot be read, so that versions are not compared"]
    return [
        f"{name} was {before.get(name)} when the run began and is {value} now; the bits may differ"
        for name, value in now.items()
        if before.get(name) != value
    ]
