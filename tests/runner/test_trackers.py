"""Figures go to TensorBoard, MLflow and W&B, each epoch once, and are read back with their own readers."""

import csv
import json
import struct
from pathlib import Path

import pytest
import torch

from netspec.runner.records import Epoch
from netspec.runner.trackers import every
from netspec.runner.trackers.every import Trackers, open_trackers
from netspec.runner.trackers.tracker import RunFacts, figures_of, settings_of
from netspec.runner.train import train

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

SMALL = ("batch_size: 64", "batch_size: 400")


@pytest.fixture(autouse=True)
def local(monkeypatch, tmp_path):
    """Nothing leaves this machine, and nothing is written outside of the test's folder."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "wandb-home"))
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def with_trackers(write_recipe, text: str) -> Path:
    return write_recipe(SMALL, ("seed: 0", f"seed: 0\ntrackers: [{text}]"))


def stopped_and_resumed(recipe, run, stop_after, steps):
    """A run that is cut off after so many steps, and goes on to its end."""
    with stop_after(steps), pytest.raises(KeyboardInterrupt):
        train(recipe, output=run, progress=False)
    return train(resume=run, progress=False)


def figures(result) -> list[dict[str, float]]:
    return [
        {name: value for name, value in figures_of(epoch).items() if name != "seconds"}
        for epoch in result.epochs
    ]


def test_the_table_has_the_figures(write_recipe, tmp_path):
    result = train(write_recipe(SMALL), output=tmp_path / "run", progress=False)
    with (tmp_path / "run" / "metrics.csv").open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == [{"epoch": each.number, **each.shown, "rate": each.rate} for each in result.epochs]


def events(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(run / "tensorboard"))
    reader.Reload()
    return {
        tag: [(each.step, each.value) for each in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]
    }


def test_tensorboard_has_each_epoch_once(write_recipe, tmp_path, stop_after):
    """It is told without being named."""
    result = stopped_and_resumed(write_recipe(SMALL), tmp_path / "run", stop_after, 6)
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == 2
    found = events(tmp_path / "run")
    for name in figures(result)[0]:
        wanted = [(epoch.number, figures_of(epoch)[name]) for epoch in result.epochs]
        assert found[name] == [(step, pytest.approx(value, rel=1e-6)) for step, value in wanted]


def test_mlflow_has_one_run_with_each_epoch_once(write_recipe, tmp_path, stop_after):
    from mlflow.tracking import MlflowClient

    store = (tmp_path / "store").as_uri()
    recipe = with_trackers(write_recipe, f"{{MLflow: {{tracking_uri: '{store}', run_name: first}}}}")
    client = MlflowClient(tracking_uri=store)
    with stop_after(6), pytest.raises(KeyboardInterrupt):
        train(recipe, output=tmp_path / "run", progress=False)
    (run,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    assert run.info.status == "KILLED"
    result = train(resume=tmp_path / "run", progress=False)
    (run,) = client.search_runs([run.info.experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")
    assert run.data.params["optimizer.AdamW.lr"] == "0.003"
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["recipe.yaml"]
    for name in figures(result)[0]:
        history = client.get_metric_history(run.info.run_id, name)
        assert [(each.step, each.value) for each in history] == [
            (epoch.number, figures_of(epoch)[name]) for epoch in result.epochs
        ]


def records(path: Path) -> list[bytes]:
    """The records of a file of W&B, which has LevelDB's log format behind seven bytes of its own."""
    data, at, found, open_parts = path.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        open_parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            found.append(open_parts)
            open_parts = b""
    return found


def histories(run: Path) -> list[dict[str, float]]:
    """What W&B's files hold, by W&B's own schema, in the order of their making."""
    from wandb.proto.wandb_internal_pb2 import Record

    found = []
    for path in sorted(run.glob("wandb/offline-run-*/*.wandb")):
        for data in records(path):
            record = Record()
            record.ParseFromString(data)
            if record.WhichOneof("record_type") == "history":
                items = {
                    each.key or ".".join(each.nested_key): each.value_json for each in record.history.item
                }
                found.append({name: json.loads(value) for name, value in items.items()})
    return found


def test_wandb_has_one_run_with_each_epoch_once(write_recipe, tmp_path, stop_after):
    recipe = with_trackers(write_recipe, "{WandB: {project: digits, mode: offline}}")
    result = stopped_and_resumed(recipe, tmp_path / "run", stop_after, 6)
    files = list((tmp_path / "run").glob("wandb/offline-run-*/*.wandb"))
    assert len({path.name for path in files}) == 1
    assert len(list((tmp_path / "run").glob("wandb/offline-run-*/files/recipe.yaml"))) == 1
    found = histories(tmp_path / "run")
    assert [each["_step"] for each in found] == [1, 2]
    for row, wanted in zip(found, figures(result), strict=True):
        assert {name: row[name] for name in wanted} == wanted


class Broken:
    """A tracker that fails from one call on."""

    name = "Broken"

    def __init__(self, at: str) -> None:
        self.at, self.calls = at, []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name == self.at:
            raise ConnectionError("no network\nand more")

    def begin(self, run, done) -> None:
        self._call("begin")

    def after_epoch(self, epoch) -> None:
        self._call("after_epoch")

    def end(self, ending) -> None:
        self._call(f"end {ending}")


@pytest.mark.parametrize(
    ("at", "calls"),
    [
        ("begin", ["begin"]),
        ("after_epoch", ["begin", "after_epoch"]),
        ("end finished", ["begin", "after_epoch", "after_epoch", "end finished"]),
        ("never", ["begin", "after_epoch", "after_epoch", "end finished"]),
    ],
)
def test_a_tracker_that_fails_ends_no_run(write_recipe, tmp_path, monkeypatch, at, calls):
    broken, said = Broken(at), []
    monkeypatch.setattr(
        "netspec.runner.train.open_trackers", lambda recipe, say: Trackers([broken], said.append)
    )
    result = train(write_recipe(SMALL), output=tmp_path / "run", progress=False)
    assert len(result.epochs) == 2
    assert broken.calls == calls
    assert said == ([] if at == "never" else ["Broken is left out from here on: no network"])


def test_a_run_that_fails_tells_so():
    watching = Broken("never")
    with pytest.raises(ZeroDivisionError), Trackers([watching]).told(RunFacts("x", Path()), ()):
        raise ZeroDivisionError
    assert watching.calls == ["begin", "end failed"]


def test_a_package_that_is_missing_is_said_once(write_recipe, monkeypatch):
    from netspec.runner.recipe.load import load_recipe

    recipe = load_recipe(with_trackers(write_recipe, "TensorBoard, MLflow, {WandB: {mode: offline}}")).recipe
    said: list[str] = []
    monkeypatch.setattr(every, "find_spec", lambda package: None)
    open_trackers(recipe, said.append)
    assert [each.split(":")[0] for each in said] == [
        f"{name} gets nothing" for name in ("TensorBoard", "MLflow", "WandB")
    ]
    assert "pip install '.[wandb]'" in said[2]
    # What is not named and not installed is not missed.
    said.clear()
    open_trackers(load_recipe(write_recipe()).recipe, said.append)
    assert said == []


def test_the_values_of_a_recipe_have_paths():
    assert settings_of({"a": {"b": [1, {"c": None}]}, "d": "x", "e": []}) == {
        "a.b.0": 1,
        "a.b.1.c": "null",
        "d": "x",
    }


def test_names_are_grouped_by_part():
    epoch = Epoch(1, 0.5, {"loss": 0.25, "accuracy": 1.0}, {}, 0.1, 2.0)
    assert figures_of(epoch) == {
        "train/loss": 0.5, "test/loss": 0.25, "test/accuracy": 1.0, "rate": 0.1, "seconds": 2.0,
    }  # fmt: skip
