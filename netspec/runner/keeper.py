"""What a run keeps in its folder: a line for each epoch, weights, checkpoints; and which epoch was best."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

from netspec.build.weights import write_safe_file
from netspec.pipeline import Checked
from netspec.runner.checkpoints import Checkpoints
from netspec.runner.errors import RunError
from netspec.runner.folder import BEST, LAST, METRICS, TABLE, TIMES, write_text
from netspec.runner.job import Job
from netspec.runner.parallel import whole
from netspec.runner.predict import about_pictures
from netspec.runner.recipe.figures import figures
from netspec.runner.recipe.records import EarlyStopping, Mode, Recipe
from netspec.runner.records import Epoch
from netspec.runner.run_state import capture, restore
from netspec.runner.trackers.every import Trackers


@dataclass(slots=True)
class FolderKeeper:
    """Keeps in `folder` what the job, which is set before training begins, brings forth. `inputs` are the
    recipe and the spec as run, by their paths there."""

    folder: Path
    recipe: Recipe
    spec: Checked
    checkpoints: Checkpoints
    inputs: dict[str, str]
    trackers: Trackers
    job: Job = field(init=False)
    epochs: list[Epoch] = field(default_factory=list)

    def resume(self, state: dict[str, object]) -> None:
        """Go on from a state: the lines of epochs that came after it go, since they will come again."""
        self.epochs = restore(self.job, state)
        self._write_lines()

    def after_step(self) -> None:
        steps, at = self.recipe.checkpoint.steps, self.job.position
        # The end of an epoch is saved once it has been measured.
        if steps is not None and at.step % steps == 0 and at.samples < len(self.job.train):
            self.save()

    def after_epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self._write_lines()
        self._write_weights(LAST, epoch)
        if self.best is epoch:
            self._write_weights(BEST, epoch)
        self.save()
        self.trackers.after_epoch(epoch)

    def save(self) -> None:
        """A checkpoint of this moment."""
        state = {"inputs": self.inputs, **capture(self.job, self.epochs)}
        if self.job.world.is_first:
            self.checkpoints.save(state, self.job.position.step)

    @property
    def best(self) -> Epoch | None:
        """The best epoch so far by the recipe's figure; among equals the smaller loss, then the first."""
        if not self.epochs:
            return None
        return max(self.epochs, key=lambda epoch: score(epoch, *self.recipe.best))

    def enough(self) -> bool:
        stopping = self.recipe.early_stopping
        if stopping is None:
            return False
        mode = figures(self.recipe.losses)[stopping.metric]
        return epochs_without_gain(self.epochs, stopping, mode) >= stopping.patience

    def _write_weights(self, name: str, epoch: Epoch) -> None:
        state, about = whole(self.job.measured.state_dict()), {"epoch": str(epoch.number)}
        about |= about_pictures(self.recipe, self.job.train)
        if not self.job.world.is_first:
            return
        write_safe_file(state, self.spec, self.spec.params or {}, str(self.folder / name), about=about)

    def _write_lines(self) -> None:
        """Times lie apart from figures, so that equal runs write equal files of figures."""
        if not self.job.world.is_first:
            return
        figures = [epoch.as_dict() for epoch in self.epochs]
        times = [{"number": each["number"], "seconds": each.pop("seconds")} for each in figures]
        try:
            for name, lines in ((METRICS, figures), (TIMES, times)):
                write_text(self.folder / name, "".join(json.dumps(line) + "\n" for line in lines))
            write_text(self.folder / TABLE, _as_table(self.epochs))
        except OSError as error:
            raise RunError(
                f"{self.folder} cannot be written ({error.strerror}): make room, then go on with `--resume`"
            ) from error


def _as_table(epochs: list[Epoch]) -> str:
    """The figures as CSV, a row for each epoch."""
    rows = [{"epoch": each.number, **each.shown, "rate": each.rate} for each in epochs]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["epoch"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def score(epoch: Epoch, figure: str, mode: Mode) -> tuple[float, float]:
    """Greater is better."""
    value = epoch.judged[figure]
    return value if mode == "max" else -value, -epoch.judged["loss"]


def epochs_without_gain(epochs: list[Epoch], stopping: EarlyStopping, mode: Mode) -> int:
    """How many epochs have passed since the figure last became better by more than `min_delta`."""
    best, since = float("-inf"), 0
    for epoch in epochs:
        value, _ = score(epoch, stopping.metric, mode)
        gained = value > best + stopping.min_delta
        best, since = (value, 0) if gained else (best, since + 1)
    return since
