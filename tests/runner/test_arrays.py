"""NumPy files become columns; what is wrong with one is said with its name."""

import numpy as np
import pytest
import torch

from netspec.runner.data.arrays import load_arrays
from netspec.runner.data.memory import prepare
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
RANDOM = np.random.default_rng(0)
COLUMNS = {
    "grey": RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8),
    "colour": RANDOM.integers(0, 256, (6, 3, 5, 4), dtype=np.uint8),
    "field": RANDOM.random((6, 2, 5, 4), dtype=np.float32),
    "doubles": RANDOM.random((6, 7)),
    "big_endian": RANDOM.random((6, 2)).astype(">f4"),
    "half": RANDOM.random(6).astype(np.float16),
    "truth": np.array([True, False] * 3),
    "mask": RANDOM.integers(0, 3, (6, 5, 4), dtype=np.uint8),
    "words": RANDOM.integers(0, 99, (6, 8), dtype=np.uint16),
    "label": np.array([0, 1, 2, 0, 1, 4], dtype=np.int32),
}


@pytest.fixture
def paths(tmp_path):
    for name, array in COLUMNS.items():
        np.save(tmp_path / f"{name}.npy", array)
    return {name: str(tmp_path / f"{name}.npy") for name in COLUMNS}


def facts_of(**arguments):
    return set_facts(Component("Arrays", None, {"file": None, "rows": None} | arguments))


def check_agrees(opened, facts):
    """What is loaded is what the checks said before."""
    assert tuple(opened.columns) == tuple(facts.columns)
    assert (opened.main, opened.target, len(opened)) == (facts.main, facts.target, facts.count)
    batches = prepare(opened, Use((opened.main,), tuple(opened.columns)), CPU)
    for name, column in facts.columns.items():
        found = batches.columns[name]
        assert (opened.columns[name].kind, found.shape) == (column.kind, column.shape), name
        assert str(found.dtype) == f"torch.{column.dtype}"
        if column.classes is not None:
            assert found.classes == column.classes
    return batches


def test_columns_are_what_the_checks_say(paths):
    batches = check_agrees(load_arrays(**paths), facts_of(**paths))
    (batch,) = batches.over([torch.arange(6)], seed=0, epoch=1)
    for name in ("grey", "colour"):
        expected = torch.from_numpy(COLUMNS[name]).float().reshape(batch.targets[name].shape) / 255
        assert torch.equal(batch.targets[name], expected)
    for name in ("field", "doubles", "big_endian", "half", "truth", "mask", "words", "label"):
        assert np.array_equal(
            batch.targets[name].numpy(), COLUMNS[name].astype(batch.targets[name].numpy().dtype)
        )


def test_one_file_holds_all_columns(tmp_path):
    np.savez(tmp_path / "all.npz", image=COLUMNS["colour"], label=COLUMNS["label"])
    path = str(tmp_path / "all.npz")
    opened = load_arrays(file=path)
    check_agrees(opened, facts_of(file=path))
    assert opened.files == (tmp_path / "all.npz",)


def test_rows_are_a_part(paths):
    opened = load_arrays(rows=(2, 5), doubles=paths["doubles"], label=paths["label"])
    assert opened.values["label"].tolist() == [2, 0, 1]
    assert opened.place("label", 1) == f"sample 3 of {paths['label']}"


def test_a_file_is_mapped_and_not_read(paths):
    opened = load_arrays(colour=paths["colour"], label=paths["label"])
    file = np.load(paths["colour"], mmap_mode="r+")
    file[0, 0, 0, 0] ^= 1
    file.flush()
    assert int(opened.values["colour"][0, 0, 0, 0]) == int(file[0, 0, 0, 0])


def test_a_file_is_never_written_to(paths):
    opened = load_arrays(colour=paths["colour"], label=paths["label"])
    opened.values["colour"].zero_()
    assert np.array_equal(np.load(paths["colour"]), COLUMNS["colour"])


def saved(tmp_path, array):
    np.save(tmp_path / "bad.npy", array, allow_pickle=True)
    return tmp_path / "bad.npy"


def cut(tmp_path, keep):
    path = saved(tmp_path, np.zeros((6, 4)))
    path.write_bytes(path.read_bytes()[:keep])
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "gone.npy", r"gone\.npy cannot be read \(No such file or directory\)"),
        (lambda folder: cut(folder, 0), r"bad\.npy is no array that can be read"),
        (lambda folder: cut(folder, 60), r"bad\.npy is no array that can be read"),
        (lambda folder: cut(folder, 200), r"bad\.npy is no array that can be read"),
        (lambda folder: saved(folder, np.array([{"a": 1}] * 6)), r"bad\.npy is no array .*Python objects"),
        (lambda folder: saved(folder, np.array(["a"] * 6)), r"bad\.npy holds <U1, and a column holds"),
        (lambda folder: saved(folder, np.array(3.0)), r"bad\.npy holds a single number"),
        (lambda folder: saved(folder, np.zeros(5)), r"label\.npy has 6, .*bad\.npy has 5: give files"),
        (lambda folder: saved(folder, np.array([0, 1, 2, 3, -1, 0])), r"sample 4 of .*bad\.npy holds -1 in"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_column_is_named(paths, tmp_path, make, message):
    with pytest.raises(RunError, match=message):
        load_arrays(label=paths["label"], bad=str(make(tmp_path)))


def test_a_number_that_is_none_is_named(paths, tmp_path):
    broken = COLUMNS["doubles"].copy()
    broken[3, 1] = np.nan
    opened = load_arrays(x=str(saved(tmp_path, broken)), label=paths["label"])
    with pytest.raises(RunError, match=r"sample 3 of .*bad\.npy holds nan in the column `x`"):
        prepare(opened, Use(("x",), ("label",)), CPU)


def test_an_archive_of_several_arrays_is_no_single_column(paths, tmp_path):
    np.savez(tmp_path / "all.npz", a=np.zeros(6), b=np.zeros(6))
    with pytest.raises(RunError, match=r"all\.npz holds 2 arrays, and a column is one: write `file: "):
        load_arrays(a=str(tmp_path / "all.npz"), label=paths["label"])
