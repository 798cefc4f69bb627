"""Weights survive crashes whole, and damage is noticed when they are read."""

import errno
import json
import os
import pickle

import pytest
import torch
from torch import nn

from netspec.runner import checkpoint
from netspec.runner.checkpoint import MANIFEST, load_weights, save_weights
from netspec.runner.errors import RunError

pytestmark = pytest.mark.torch


def layer(value):
    made = nn.Linear(3, 2)
    with torch.no_grad():
        made.weight.fill_(value)
    return made


def saved_value(path):
    return float(load_weights(path)["weight"][0, 0])


def test_what_is_saved_is_what_is_loaded(tmp_path):
    module, path = nn.Sequential(layer(1.5), nn.BatchNorm1d(2)), tmp_path / "w.safetensors"
    save_weights(module, path, about={"epoch": "1"})
    loaded = load_weights(path)
    assert loaded.keys() == module.state_dict().keys()
    assert all(torch.equal(loaded[name], value) for name, value in module.state_dict().items())
    assert sorted(each.name for each in tmp_path.iterdir()) == [MANIFEST, "w.safetensors"]


def test_shared_weights_can_be_saved(tmp_path):
    module = nn.Sequential(layer(1.0), layer(2.0))
    module[1].weight = module[0].weight
    save_weights(module, tmp_path / "w.safetensors", about={})
    assert float(load_weights(tmp_path / "w.safetensors")["1.weight"][0, 0]) == 1.0


def test_every_flipped_bit_of_a_sample_is_noticed(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=r"w\.safetensors is damaged"):
            load_weights(path)


def test_a_truncated_file_is_noticed(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError, match="is damaged"):
        load_weights(path)


@pytest.mark.parametrize("step", ["first rename", "second rename"])
def test_a_crash_while_saving_leaves_the_last_weights_whole(tmp_path, monkeypatch, step):
    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})
    save_weights(layer(2.0), path, about={})
    real, calls = os.replace, []

    class Crash(BaseException):
        pass

    def replace(source, target):
        calls.append(target)
        if len(calls) == (1 if step == "first rename" else 2):
            raise Crash
        real(source, target)

    monkeypatch.setattr(checkpoint.os, "replace", replace)
    for value in (3.0, 4.0):
        calls.clear()
        with pytest.raises(Crash):
            save_weights(layer(value), path, about={})
        assert saved_value(path) == 2.0
    monkeypatch.undo()
    save_weights(layer(5.0), path, about={})
    assert saved_value(path) == 5.0


def test_a_full_disk_leaves_the_last_weights_whole(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(RunError, match=r"cannot be written .No space left on device.: make room"):
        save_weights(layer(2.0), path, about={})
    monkeypatch.undo()
    assert saved_value(path) == 1.0
    assert sorted(each.name for each in tmp_path.iterdir()) == [MANIFEST, "w.safetensors"]


def test_a_pickle_is_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "gone off"),)

    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(RunError, match="is damaged"):
        load_weights(path)
    assert not (tmp_path / "gone off").exists()


def test_files_without_a_manifest_are_not_trusted(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(layer(1.0), path, about={})
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(RunError, match="does not know"):
        load_weights(path)
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        load_weights(path)


def test_the_manifest_tells_what_the_weights_are(tmp_path):
    save_weights(layer(1.0), tmp_path / "w.safetensors", about={"epoch": "3"})
    entry = json.loads((tmp_path / MANIFEST).read_text())["w.safetensors"]
    assert entry["epoch"] == "3"
    assert entry["bytes"] == (tmp_path / "w.safetensors").stat().st_size
