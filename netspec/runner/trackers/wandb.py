"""Weights & Biases: figures, the recipe's values and the recipe itself as a run of a project.

Its own files lie in `wandb/` of the run folder; with `mode: offline` that is all there is, until
`wandb sync` sends them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Literal

import wandb

from netspec.runner.folder import RECIPE
from netspec.runner.records import Epoch
from netspec.runner.trackers.tracker import Ending, RunFacts, figures_of


class WandB:
    """The project is called like the recipe unless told otherwise, and the run like its folder."""

    name = "WandB"

    def __init__(
        self,
        *,
        project: str | None = None,
        entity: str | None = None,
        mode: Literal["online", "offline", "disabled"] = "online",
    ) -> None:
        self._project, self._entity, self._mode = project, entity, mode

    def begin(self, run: RunFacts, done: Sequence[Epoch]) -> None:
        self._facts, known = run, run.known(self.name)
        self._told = int(known.get("epoch", 0))
        own = known.get("run")
        self._run = wandb.init(
            project=self._project or run.name,
            entity=self._entity,
            mode=self._mode,
            dir=str(run.folder),
            id=own,
            resume="allow",
            reinit="create_new",
            name=run.folder.name,
            config=dict(run.settings),
            # The run has its own lines on the terminal, and its own record of what it ran.
            settings=wandb.Settings(silent=True, console="off", save_code=False, disable_git=True),
        )
        if own is None:
            run.note(self.name, run=self._run.id)
            if self._mode != "disabled":
                shutil.copy(run.folder / RECIPE, self._run.dir)
        for epoch in done:
            self.after_epoch(epoch)

    def after_epoch(self, epoch: Epoch) -> None:
        if epoch.number <= self._told:
            return
        self._run.log(figures_of(epoch), step=epoch.number, commit=True)
        self._told = epoch.number
        self._facts.note(self.name, epoch=epoch.number)

    def end(self, ending: Ending) -> None:
        self._run.finish(exit_code=0 if ending == "finished" else 1)
