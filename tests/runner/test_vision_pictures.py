"""torchvision's sets that are folders of pictures are read as torchvision reads them."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.data.vision import load_vision
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts import set_facts
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, path.name))
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 5, 3), dtype=np.uint8)).save(path)


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def country211(root):
    for name in ("AD/1.jpg", "AE/2.jpg", "AE/3.jpg"):
        picture(root / "country211/valid" / name)


def dtd(root):
    for name in ("banded/b1.jpg", "dotted/d1.jpg"):
        picture(root / "dtd/dtd/images" / name)
    write_text(root / "dtd/dtd/labels/val2.txt", "dotted/d1.jpg\nbanded/b1.jpg\n")


def food101(root):
    for name in ("apple_pie/1.jpg", "waffles/2.jpg"):
        picture(root / "food-101/images" / name)
    listed = {"waffles": ["waffles/2"], "apple_pie": ["apple_pie/1"]}
    write_text(root / "food-101/meta/test.json", json.dumps(listed))


def gtsrb(root):
    folder = root / "gtsrb/GTSRB/Final_Test/Images"
    for name in ("00000.ppm", "00001.ppm"):
        picture(folder / name)
    rows = ["Filename;Width;Height;ClassId", "00000.ppm;5;6;16", "00001.ppm;5;6;42"]
    write_text(root / "gtsrb/GT-final_test.csv", "\n".join(rows) + "\n")


def imagenette(root):
    for name in ("n01440764/a.JPEG", "n03888257/b.JPEG"):
        picture(root / "imagenette2-160/val" / name)


def pets(root):
    for name in ("Abyssinian_1.jpg", "yorkshire_terrier_9.jpg"):
        picture(root / "oxford-iiit-pet/images" / name)
    rows = "Abyssinian_1 1 1 1\nyorkshire_terrier_9 37 2 25\n"
    write_text(root / "oxford-iiit-pet/annotations/test.txt", rows)


def sst2(root):
    for name in ("negative/1.png", "positive/2.png"):
        picture(root / "rendered-sst2/valid" / name)


SETS = {
    "Country211": (country211, {"split": "valid"}, [0, 1, 1]),
    "DTD": (dtd, {"split": "val", "partition": 2}, [1, 0]),
    "Food101": (food101, {"split": "test"}, [1, 0]),
    "GTSRB": (gtsrb, {"split": "test"}, [16, 42]),
    "Imagenette": (imagenette, {"split": "val", "size": "160px"}, [0, 1]),
    "OxfordIIITPet": (pets, {"split": "test"}, [0, 36]),
    "RenderedSST2": (sst2, {"split": "val"}, [0, 1]),
}


@pytest.mark.parametrize("name", SETS)
def test_pictures_and_labels_are_torchvision_s(name, tmp_path):
    make, arguments, labels = SETS[name]
    make(tmp_path)
    opened = load_vision(name, root=str(tmp_path), **arguments)
    expected = getattr(datasets, name)(tmp_path, **arguments)
    assert len(opened) == len(expected) == len(labels)
    for index, (shown, label) in enumerate(expected):
        read = opened.read(index)
        assert torch.equal(read["image"], torch.from_numpy(np.array(shown)).permute(2, 0, 1))
        assert int(read["label"]) == label == labels[index]
    batches = prepare_stream(opened, Use(("image",), ("label",)), torch.device("cpu"), workers=0)
    facts = set_facts(Component(name, None, arguments))
    assert batches.columns["label"].classes == facts.columns["label"].classes
    assert (opened.main, opened.target) == (facts.main, facts.target)


@pytest.mark.parametrize("name", SETS)
def test_without_its_files_it_says_what_to_do(name, tmp_path):
    _, arguments, _ = SETS[name]
    with pytest.raises(
        RunError, match=rf"(?s){name} cannot be read from .*\nGive the folder .*`download: true`"
    ):
        load_vision(name, root=str(tmp_path), **arguments)
