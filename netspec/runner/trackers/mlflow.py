"""MLflow: figures, the recipe's values and the recipe itself as a run of an experiment."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

from netspec.runner.folder import RECIPE
from netspec.runner.records import Epoch
from netspec.runner.trackers.tracker import Ending, RunFacts, figures_of

_STATUS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
# What a server takes at once, and how long a value may be.
_MOST_PARAMS, _LONGEST = 100, 500


class MLflow:
    """The experiment is called like the recipe, and the run like its folder, unless told otherwise."""

    name = "MLflow"

    def __init__(
        self, *, tracking_uri: str | None = None, experiment: str | None = None, run_name: str | None = None
    ) -> None:
        self._uri, self._experiment, self._run_name = tracking_uri, experiment, run_name

    def begin(self, run: RunFacts, done: Sequence[Epoch]) -> None:
        self._client = MlflowClient(tracking_uri=self._uri)
        known = run.known(self.name).get("run")
        self._id: str = known if known is not None else self._create(run)
        if known is not None:
            self._client.update_run(self._id, status="RUNNING")
        self._told = {each.step for each in self._client.get_metric_history(self._id, "train/loss")}
        for epoch in done:
            self.after_epoch(epoch)

    def _create(self, run: RunFacts) -> str:
        name = self._experiment or run.name
        found = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        made: str = self._client.create_run(
            experiment, run_name=self._run_name or run.folder.name
        ).info.run_id
        run.note(self.name, run=made)
        params = [Param(_plain(name), str(value)[:_LONGEST]) for name, value in run.settings.items()]
        for first in range(0, len(params), _MOST_PARAMS):
            self._client.log_batch(made, params=params[first : first + _MOST_PARAMS])
        self._client.log_artifact(made, str(run.folder / RECIPE))
        return made

    def after_epoch(self, epoch: Epoch) -> None:
        if epoch.number in self._told:
            return
        now = int(time.time() * 1000)
        metrics = [
            Metric(_plain(name), value, now, epoch.number) for name, value in figures_of(epoch).items()
        ]
        self._client.log_batch(self._id, metrics=metrics)
        self._told.add(epoch.number)

    def end(self, ending: Ending) -> None:
        self._client.set_terminated(self._id, status=_STATUS[ending])


def _plain(name: str) -> str:
    """A name of the characters that MLflow takes."""
    return re.sub(r"[^\w\-. /]", "_", name)
