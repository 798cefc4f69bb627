"""A text becomes windows of numbers, each with the one that is a place further on."""

import json

import pytest
import torch

from netspec.runner.data import text as module
from netspec.runner.data.memory import moved, prepare
from netspec.runner.data.text import load_text
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
TEXT = "Der Änderung folgt die Lösung. " * 40


@pytest.fixture
def story(tmp_path):
    (tmp_path / "story.txt").write_text(TEXT, encoding="utf-8")
    return str(tmp_path / "story.txt")


@pytest.fixture
def words(tmp_path):
    """A tokenizer file as the `tokenizers` package writes it: a number for each word."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    known = {
        word: number for number, word in enumerate(["?", "Der", "Änderung", "folgt", "die", "Lösung", "."])
    }
    tokenizer = Tokenizer(WordLevel(known, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return str(tmp_path / "tokenizer.json")


def all_of(opened):
    batches = prepare(opened, Use(("tokens",), ("next",)), CPU)
    (batch,) = batches.over([torch.arange(len(opened))], seed=0, epoch=1)
    assert {each.dtype for each in (batch.inputs[0], batch.targets["next"])} == {torch.int64}
    return batch.inputs[0], batch.targets["next"]


def test_bytes_are_those_of_the_file(story):
    tokens, following = all_of(load_text(path=story, context=16))
    data = TEXT.encode()
    assert bytes(tokens.flatten().tolist()) == data[: tokens.numel()]
    assert bytes(following.flatten().tolist()) == data[1 : following.numel() + 1]
    assert len(tokens) == (len(data) - 1) // 16


def test_characters_are_numbered_in_their_order(story):
    opened = load_text(path=story, context=16, tokenizer="characters")
    names = opened.columns["tokens"].names
    assert names == tuple(sorted(set(TEXT)))
    tokens, _ = all_of(opened)
    assert "".join(names[number] for number in tokens.flatten().tolist()) == TEXT[: tokens.numel()]


def test_a_tokenizer_of_the_user_s(story, words):
    opened = load_text(path=story, context=6, tokenizer=words)
    tokens, following = all_of(opened)
    assert tokens[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert following[0].tolist() == [2, 3, 4, 5, 6, 1]
    assert (opened.columns["next"].classes, opened.columns["next"].names[5]) == (7, "Lösung")
    assert {path.name for path in opened.files} == {"story.txt", "tokenizer.json"}


@pytest.mark.parametrize("stride", [None, 1, 5, 40])
def test_windows_are_a_stride_apart(story, stride):
    tokens, following = all_of(load_text(path=story, context=16, stride=stride))
    step = stride or 16
    data = torch.tensor(list(TEXT.encode()))
    for number, (window, shifted) in enumerate(zip(tokens, following, strict=True)):
        assert torch.equal(window, data[number * step : number * step + 16])
        assert torch.equal(shifted, data[number * step + 1 : number * step + 17])
    assert len(tokens) == (len(data) - 17) // step + 1


def test_no_token_is_in_both_parts(story):
    train, test = (load_text(path=story, context=10, split=part, held_out=0.25) for part in ("train", "test"))
    data = TEXT.encode()
    first = len(data) - -(-len(data) // 4)
    assert bytes(all_of(test)[0].flatten().tolist()) == data[first : first + 10 * len(test)]
    assert bytes(all_of(train)[0].flatten().tolist()) == data[: 10 * len(train)]
    assert 10 * len(train) < first


@pytest.mark.parametrize("tokenizer", ["bytes", "characters", "file"])
@pytest.mark.parametrize("split", ["all", "train", "test"])
def test_the_checks_know_as_much_before(story, words, tokenizer, split):
    arguments = {
        "path": story, "context": 6, "stride": 3, "split": split, "held_out": 0.1,
        "tokenizer": words if tokenizer == "file" else tokenizer,
    }  # fmt: skip
    facts, opened = set_facts(Component("Text", None, arguments)), load_text(**arguments)
    assert (facts.main, facts.target) == (opened.main, opened.target)
    assert facts.count in (None, len(opened))
    for name, column in facts.columns.items():
        assert column.classes == opened.columns[name].classes
        assert column.shape == tuple(opened.values[name].shape[1:])


def test_overlapping_windows_take_no_more_memory_on_a_device(story):
    values = load_text(path=story, context=16, stride=1).values["tokens"]
    there = moved(values, torch.device("meta"))
    assert there.shape == values.shape
    assert there.untyped_storage().nbytes() == len(TEXT.encode())
    assert torch.equal(moved(values.clone(), CPU), values)


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (None, {}, r"story\.txt cannot be read \(No such file or directory\)"),
        (b"", {}, r"story\.txt is empty"),
        (b"short", {}, r"story\.txt has 5 tokens, too few for a window of 16"),
        (b"\xff" * 99, {"tokenizer": "characters"}, r"story\.txt is no UTF-8 text: byte 0 is not; use"),
        (b"a" * 99, {"tokenizer": "gone.json"}, r"gone\.json cannot be read"),
        (b"a" * 99, {"tokenizer": "story.txt"}, r"story\.txt is no tokenizer that can be used"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_used_is_named(tmp_path, monkeypatch, data, arguments, message):
    monkeypatch.chdir(tmp_path)
    if data is not None:
        (tmp_path / "story.txt").write_bytes(data)
    with pytest.raises(RunError, match=message):
        load_text(path="story.txt", context=16, **arguments)


def test_a_missing_package_is_named(story, words, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"needs the package `tokenizers`: pip install tokenizers"):
        load_text(path=story, context=6, tokenizer=words)


def test_a_tokenizer_is_text_and_runs_no_code(story, tmp_path):
    (tmp_path / "t.json").write_text(json.dumps({"model": {"type": "Pickle"}}))
    with pytest.raises(RunError, match="is no tokenizer that can be used"):
        load_text(path=story, context=6, tokenizer=str(tmp_path / "t.json"))
