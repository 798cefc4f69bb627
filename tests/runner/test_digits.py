"""The embedded digits are the data that were shipped, and their two parts share nothing."""

import shutil

import pytest
import torch

from netspec.runner.data.digits import PATH, load_digits
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch

# How many images of each digit the source has (the table of the UCI repository's page).
COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize("by", ["form", "random"])
def test_both_parts_together_are_the_whole_set(by):
    train, test = load_digits(split="train", by=by), load_digits(split="test", by=by)
    assert (len(train), len(test)) == (1415, 382)
    labels = torch.cat([train.values["label"], test.values["label"]])
    assert torch.bincount(labels).tolist() == COUNTS
    images = torch.cat([train.values["image"], test.values["image"]])
    assert images.shape == (1797, 1, 8, 8)
    assert (images.dtype, int(images.min()), int(images.max())) == (torch.uint8, 0, 16)
    # The sum over all pixels tells that no image was lost or taken twice.
    assert int(images.sum()) == 561718


def test_a_part_begins_where_a_form_begins():
    # Every form starts with the digits from 0 to 9 in order.
    for split in ("train", "test"):
        assert load_digits(split=split).values["label"][:10].tolist() == list(range(10))


def test_the_first_image_is_the_source_s_first():
    first = load_digits(split="train").values["image"][0, 0]
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_the_facts_that_the_checks_use_are_right():
    for split in ("train", "test"):
        facts = set_facts(Component("Digits", None, {"split": split, "by": "form"}))
        loaded = load_digits(split=split)
        assert (facts.count, facts.columns["label"].classes) == (len(loaded), loaded.columns["label"].classes)
        assert facts.columns["image"].shape == tuple(loaded.values["image"].shape[1:])


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "digits.npz"
    shutil.copy(PATH, path)
    data = bytearray(path.read_bytes())
    data[20_000] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match="is damaged"):
        load_digits(split="train", path=path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"gone\.npz cannot be read"):
        load_digits(split="train", path=tmp_path / "gone.npz")
