"""What a tracker is told of a run: that it begins, each epoch, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from netspec.runner.folder import TRACKERS, write_text
from netspec.runner.records import Epoch

Ending: TypeAlias = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """`settings` are the values of the recipe, by path: `optimizer.AdamW.lr`."""

    name: str
    folder: Path
    settings: Mapping[str, bool | int | float | str] = field(default_factory=dict)

    def known(self, tracker: str) -> dict[str, Any]:
        """What a tracker has noted of this run, so that a run which goes on is the same one there."""
        found: dict[str, Any] = self._notes().get(tracker, {})
        return found

    def note(self, tracker: str, **facts: str | int) -> None:
        """Keep facts for `known`. OSError where the disk refuses."""
        notes = self._notes()
        notes[tracker] = {**notes.get(tracker, {}), **facts}
        write_text(self.folder / TRACKERS, json.dumps(notes, indent=2) + "\n")

    def _notes(self) -> dict[str, Any]:
        path = self.folder / TRACKERS
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found


class Tracker(Protocol):
    """Any of these calls may raise anything; the run then goes on without the tracker."""

    name: str

    def begin(self, run: RunFacts, done: Sequence[Epoch]) -> None:
        """A run begins or goes on; `done` are all its epochs so far, each of which is to be there once."""

    def after_epoch(self, epoch: Epoch) -> None:
        """An epoch was measured and saved."""

    def end(self, ending: Ending) -> None:
        """Nothing more will come, unless the run is resumed."""


def figures_of(epoch: Epoch) -> dict[str, float]:
    """The figures of an epoch by names that trackers group: `test/accuracy`."""
    named = (("validation", epoch.validation), ("test", epoch.test))
    measured = {f"{part}/{name}": value for part, figures in named for name, value in figures.items()}
    return {"train/loss": epoch.train_loss, **measured, "rate": epoch.rate, "seconds": epoch.seconds}


def settings_of(value: Any, path: str = "") -> dict[str, bool | int | float | str]:
    """The values of a recipe by their paths: `data.transform.0.Resize`."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        inner = [settings_of(each, f"{path}.{key}" if path else str(key)) for key, each in pairs]
        return {name: each for part in inner for name, each in part.items()}
    return {path: "null" if value is None else value}
