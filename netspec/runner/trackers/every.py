"""All trackers of a run: those that the recipe names, and TensorBoard wherever it is installed.

A tracker that fails is left out from then on, and the run goes on: a full disk of a server is no reason to
lose a training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from netspec.runner.job import Interrupted
from netspec.runner.recipe.records import Recipe
from netspec.runner.records import Epoch
from netspec.runner.trackers.tracker import Ending, RunFacts, Tracker

_PACKAGES = {"TensorBoard": "tensorboard", "MLflow": "mlflow", "WandB": "wandb"}
_EXTRAS = {"TensorBoard": "train", "MLflow": "mlflow", "WandB": "wandb"}


class Trackers:
    """What goes to every tracker that still works."""

    def __init__(
        self, trackers: Sequence[Tracker] = (), say: Callable[[str], None] = lambda text: None
    ) -> None:
        self._working = list(trackers)
        self._say = say

    @contextmanager
    def told(self, run: RunFacts, done: Sequence[Epoch]) -> Iterator[None]:
        """Tell of the beginning and of the end of what runs inside."""
        self._all(lambda tracker: tracker.begin(run, done))
        ending: Ending = "failed"
        try:
            yield
            ending = "finished"
        except (Interrupted, KeyboardInterrupt):
            ending = "stopped"
            raise
        finally:
            self._all(lambda tracker: tracker.end(ending))

    def after_epoch(self, epoch: Epoch) -> None:
        self._all(lambda tracker: tracker.after_epoch(epoch))

    def _all(self, tell: Callable[[Tracker], None]) -> None:
        for tracker in tuple(self._working):
            try:
                tell(tracker)
            except Exception as error:
                # Packages and servers of others raise whatever they like, and none of it may end a run.
                self._working.remove(tracker)
                self._say(f"{tracker.name} is left out from here on: {_why(error)}")


def open_trackers(recipe: Recipe, say: Callable[[str], None]) -> Trackers:
    """The trackers of a recipe, not yet told of anything."""
    wanted = {each.name: each.stated for each in recipe.trackers if not each.faulty}
    if "TensorBoard" not in wanted and find_spec("tensorboard") is not None:
        wanted = {"TensorBoard": {}, **wanted}
    found = [_open(name, options, say) for name, options in wanted.items()]
    return Trackers([each for each in found if each is not None], say)


def _open(name: str, options: dict[str, Any], say: Callable[[str], None]) -> Tracker | None:
    package = _PACKAGES[name]
    if find_spec(package) is None:
        say(
            f"{name} gets nothing: the package `{package}` is not installed "
            f"(in a clone of netspec: pip install '.[{_EXTRAS[name]}]')"
        )
        return None
    try:
        module = import_module(f"netspec.runner.trackers.{name.lower()}")
    except Exception as error:
        # An installation that is broken, or too old, is no reason not to train.
        say(f"{name} gets nothing: {_why(error)}")
        return None
    made: Tracker = getattr(module, name)(**options)
    return made


def _why(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
