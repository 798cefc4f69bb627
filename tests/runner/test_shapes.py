"""The made pictures show what their masks, labels and boxes say."""

import pytest
import torch

from netspec.runner.data.shapes import load_shapes

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def shapes():
    return load_shapes(split="train", count=200, size=32)


def test_columns_belong_together(shapes):
    values = shapes.values
    assert {name: (tuple(value.shape), value.dtype) for name, value in values.items()} == {
        "image": ((200, 3, 32, 32), torch.uint8),
        "mask": ((200, 32, 32), torch.uint8),
        "label": ((200,), torch.int64),
        "box": ((200, 4), torch.float32),
    }
    for mask, label in zip(values["mask"], values["label"], strict=True):
        assert set(mask.unique().tolist()) == {0, int(label) + 1}
    assert 70 < int(values["label"].sum()) < 130


def test_the_mask_lies_in_the_box_and_fills_its_share(shapes):
    for mask, label, box in zip(*(shapes.values[name] for name in ("mask", "label", "box")), strict=True):
        x, y, width, height = (32 * box).tolist()
        rows, columns = mask.nonzero().T
        assert abs(int(columns.min()) - (x - width / 2)) <= 1
        assert abs(int(columns.max()) + 1 - (x + width / 2)) <= 1
        assert abs(int(rows.min()) - (y - height / 2)) <= 1
        assert abs(int(rows.max()) + 1 - (y + height / 2)) <= 1
        share = len(rows) / (width * height)
        assert abs(share - (torch.pi / 4 if label == 0 else 1)) < 0.16


def test_the_shape_is_bright_and_the_rest_is_dark(shapes):
    image, inside = shapes.values["image"].float().mean(1), shapes.values["mask"] > 0
    assert float(image[inside].mean()) > 1.8 * float(image[~inside].mean())


def test_a_sample_is_a_function_of_seed_split_and_number(shapes):
    fewer = load_shapes(split="train", count=20, size=32)
    assert all(torch.equal(fewer.values[name], value[:20]) for name, value in shapes.values.items())
    for other in (load_shapes(split="test", count=20), load_shapes(split="train", count=20, seed=1)):
        assert not torch.equal(other.values["image"], fewer.values["image"])
        assert not torch.equal(other.values["box"], fewer.values["box"])
    assert len({tuple(box) for box in shapes.values["box"].tolist()}) == 200


def test_the_numbers_are_those_of_every_machine():
    made = load_shapes(split="train", count=3, size=16, seed=7)
    assert made.values["label"].tolist() == [1, 0, 1]
    assert int(made.values["image"].sum()) == 222404
