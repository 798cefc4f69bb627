"""What is said of a data set before it is loaded is what the loaded set has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from netspec.diagnostics import Collector, Source
from netspec.runner.recipe.facts import Damaged, SetFacts, set_facts
from netspec.runner.recipe.npy import NotAnArray, read_arrays
from netspec.runner.recipe.parts import part_of, windows
from netspec.runner.recipe.records import Component
from netspec.runner.recipe.uses import read_component
from netspec.syntax import read


def component(text: str) -> Component:
    collector = Collector()
    document = read(Source("r.yaml", text), collector)
    assert document is not None
    found = read_component(document.root, "data", collector)
    assert collector.diagnostics == ()
    return found


def agree(facts: SetFacts | None, use: Component) -> None:
    """Facts and the opened set: columns, kinds, shapes, classes, main, target, count."""
    import torch

    from netspec.runner.data.dataset import DTYPES, MemorySet
    from netspec.runner.data.open import open_set

    opened = open_set(use)
    assert facts is not None
    assert list(facts.columns) == list(opened.columns)
    assert facts.main == opened.main
    assert facts.target in (opened.target, None)
    assert facts.count in (len(opened), None)
    for name, column in opened.columns.items():
        told = facts.columns[name]
        assert told.kind == column.kind, name
        if told.exact:
            assert told.classes in (column.classes, None), name
        else:
            # Of all rows of the file, not only of the chosen ones.
            assert told.classes >= (column.classes or 0), name
        value = opened.values[name][0] if isinstance(opened, MemorySet) else opened.read(0)[name]
        assert len(told.shape) == value.dim(), name
        assert all(a in (b, None) for a, b in zip(told.shape, value.shape, strict=True)), name
        assert str(DTYPES[column.kind]) == f"torch.{told.dtype}"
        assert isinstance(value, torch.Tensor)


@pytest.mark.torch
@pytest.mark.parametrize(
    "text",
    [
        "Digits: {split: train}",
        "Digits: {split: test, by: random}",
        "Shapes: {split: train, count: 5, size: 16}",
        "FakeData: {size: 7, image_size: [3, 9, 8], num_classes: 4}",
    ],
)
def test_sets_that_need_no_files(text: str) -> None:
    agree(set_facts(component(text)), component(text))


ARRAYS = {
    "photo": np.zeros((6, 3, 8, 8), np.uint8),
    "drawing": np.zeros((6, 8, 8), np.uint8),
    "heat": np.zeros((6, 2, 8, 8), np.float32),
    "row": np.zeros((6, 5), np.float64),
    "price": np.zeros(6, np.float32),
    "kind": np.array([0, 1, 2, 0, 1, 4], np.int64),
    "small": np.array([0, 1, 1, 0, 1, 0], np.uint8),
    "yes": np.array([True, False] * 3),
    "mask": np.array([[[0, 1], [2, 255]]] * 6, np.uint8),
    "wide_mask": np.array([[[0, 1], [2, 3]]] * 6, np.int32),
    "words": np.array([[4, 9, 1]] * 6, np.int16),
}


@pytest.mark.torch
@pytest.mark.parametrize("target", [name for name in ARRAYS if name != "photo"])
@pytest.mark.parametrize("main", ["photo", "drawing", "row", "words"])
def test_arrays(main: str, target: str, tmp_path: Path) -> None:
    if main == target:
        pytest.skip("one column cannot be both")
    for name in (main, target):
        np.save(tmp_path / f"{name}.npy", ARRAYS[name])
    use = component(f"Arrays: {{a: {tmp_path}/{main}.npy, b: {tmp_path}/{target}.npy, rows: [1, 5]}}")
    facts = set_facts(use)
    agree(facts, use)
    assert facts is not None
    assert (facts.main, facts.target, facts.count) == ("a", "b", 4)


@pytest.mark.torch
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_all_arrays_of_a_file(save, tmp_path: Path) -> None:
    save(tmp_path / "all.npz", **ARRAYS)
    use = component(f"Arrays: {{file: {tmp_path}/all.npz}}")
    agree(set_facts(use), use)


@pytest.mark.torch
@pytest.mark.parametrize("tokenizer", ["bytes", "characters"])
@pytest.mark.parametrize("split", ["all", "train", "test"])
def test_texts(tokenizer: str, split: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("Ein Würfel, zwei Würfel.\r\n" * 40, "utf-8", newline="")
    given = f"path: {path}, context: 7, stride: 3, tokenizer: {tokenizer}, split: {split}, held_out: 0.2"
    use = component(f"Text: {{{given}}}")
    agree(set_facts(use), use)


def test_a_tokenizer_says_how_many_numbers_it_has(tmp_path: Path) -> None:
    text, file = tmp_path / "text.txt", tmp_path / "tokenizer.json"
    text.write_text("a b a b")
    file.write_text(json.dumps({"model": {"vocab": {"a": 0, "b": 1}}, "added_tokens": [{"id": 5}]}))
    facts = set_facts(component(f"Text: {{path: {text}, context: 2, tokenizer: {file}}}"))
    assert facts is not None
    assert (facts.columns["tokens"].classes, facts.count) == (6, None)
    file.write_text("no json")
    with pytest.raises(Damaged, match="is no tokenizer"):
        set_facts(component(f"Text: {{path: {text}, context: 2, tokenizer: {file}}}"))


@pytest.mark.torch
def test_folders(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("cat/a.png", "cat/deep/b.png", "dog/c.png"):
        (tmp_path / "classes" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 7)).save(tmp_path / "classes" / name)
    for part, mode in (("images", "RGB"), ("masks", "L")):
        (tmp_path / "pairs" / part).mkdir(parents=True)
        Image.new(mode, (9, 7)).save(tmp_path / "pairs" / part / "one.png")
    for text in (f"ImageFolder: {tmp_path}/classes", f"ImageMasks: {{root: {tmp_path}/pairs, classes: 3}}"):
        agree(set_facts(component(text)), component(text))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("ImageFolder: nowhere", ["image", "label"]),
        ("ImageMasks: {root: nowhere, classes: 2}", ["image", "mask"]),
        ("Text: {path: nowhere.txt, context: 4}", ["tokens", "next"]),
    ],
)
def test_of_files_that_are_not_there_the_columns_are_known(text: str, columns: list[str]) -> None:
    facts = set_facts(component(text))
    assert facts is not None
    assert list(facts.columns) == columns
    assert facts.count is None


def test_of_arrays_that_are_not_there_nothing_is_known() -> None:
    assert set_facts(component("Arrays: {image: nowhere.npy, label: nowhere.npy}")) is None


@pytest.mark.parametrize("arrays", ARRAYS)
def test_headers_are_read_as_numpy_reads_them(arrays: str, tmp_path: Path) -> None:
    array = ARRAYS[arrays]
    np.save(tmp_path / "a.npy", array)
    found = read_arrays(tmp_path / "a.npy")[""]
    assert found.shape == array.shape
    assert found.type == array.dtype.str[1:]
    if found.numbers is not None:
        assert found.numbers == set(np.unique(array).tolist())
    # In Fortran's order, big-endian, and with a long header.
    np.save(tmp_path / "a.npy", np.asfortranarray(array).astype(array.dtype.newbyteorder(">")))
    assert read_arrays(tmp_path / "a.npy")[""].shape == array.shape
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, array, version=(3, 0))
    assert read_arrays(tmp_path / "a.npy")[""].shape == array.shape


def test_damaged_arrays_are_told_from_others(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", ARRAYS["kind"])
    whole = (tmp_path / "a.npy").read_bytes()
    for size in range(len(whole)):
        (tmp_path / "a.npy").write_bytes(whole[:size])
        with pytest.raises(NotAnArray):
            read_arrays(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", np.array(["text"]))
    with pytest.raises(NotAnArray, match="only numbers"):
        read_arrays(tmp_path / "a.npy")


def test_a_header_runs_no_code(tmp_path: Path) -> None:
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (print('run'),)}"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(NotAnArray, match="header is damaged"):
        read_arrays(tmp_path / "a.npy")


def test_no_window_lies_in_both_parts() -> None:
    for count in range(40):
        for held_out in (0.1, 0.25, 0.9):
            train, test = part_of(count, "train", held_out), part_of(count, "test", held_out)
            assert [*train, *test] == [*part_of(count, "all", held_out)]
            for context in (1, 3):
                starts = [place for place in range(0, count, 2) if place + context + 1 <= count]
                assert windows(count, context, 2) == len(starts)
