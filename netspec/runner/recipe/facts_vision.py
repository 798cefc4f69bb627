"""Facts of data sets that say all of themselves by name and arguments: shapes, classes and counts.

Sources: the pages of the data sets that torchvision's documentation links to (for EMNIST the paper's
table of its six splits, arXiv:1702.05373); of the digits, `data/README.md`.
"""

from __future__ import annotations

from netspec.runner.recipe.facts import ColumnFacts, SetFacts, pictures
from netspec.runner.recipe.records import Component

_GREY, _COLOUR = (1, 28, 28), (3, 32, 32)
# Shape, classes, images to train on, images to test on.
_SETS = {
    "Digits": ((1, 8, 8), 10, 1415, 382),
    "MNIST": (_GREY, 10, 60_000, 10_000),
    "FashionMNIST": (_GREY, 10, 60_000, 10_000),
    "KMNIST": (_GREY, 10, 60_000, 10_000),
    "QMNIST": (_GREY, 10, 60_000, 60_000),
    "USPS": ((1, 16, 16), 10, 7291, 2007),
    "CIFAR10": (_COLOUR, 10, 50_000, 10_000),
    "CIFAR100": (_COLOUR, 100, 50_000, 10_000),
    "SVHN": (_COLOUR, 10, 73_257, 26_032),
    "STL10": ((3, 96, 96), 10, 5000, 8000),
}
# Folders of pictures in colour, each in its own size: how many classes.
PICTURES = {
    "Country211": 211,
    "DTD": 47,
    "Food101": 101,
    "GTSRB": 43,
    "Imagenette": 10,
    "OxfordIIITPet": 37,
    "RenderedSST2": 2,
}
# Of `letters`, the number 0 stands for no letter.
_EMNIST = {
    "byclass": (62, 697_932, 116_323),
    "bymerge": (47, 697_932, 116_323),
    "balanced": (47, 112_800, 18_800),
    "letters": (27, 124_800, 20_800),
    "digits": (10, 240_000, 40_000),
    "mnist": (10, 60_000, 10_000),
}
_QMNIST = {"train": 60_000, "test": 60_000, "test10k": 10_000, "test50k": 50_000, "nist": 402_953}
_SVHN_EXTRA = 531_131


def vision_facts(data: Component) -> SetFacts:
    """The facts of the part that a recipe names."""
    arguments = data.arguments
    match data.name:
        case "FakeData":
            return pictures(tuple(arguments["image_size"]), arguments["num_classes"], arguments["size"])
        case "Shapes":
            return _shapes(arguments["size"], arguments["count"])
        case "EMNIST":
            classes, train, test = _EMNIST[arguments["split"]]
            return pictures(_GREY, classes, train if is_training(data) else test)
        case "QMNIST" if arguments["what"] is not None:
            return pictures(_GREY, 10, _QMNIST[arguments["what"]])
        case "SVHN" if arguments["split"] == "extra":
            return pictures(_COLOUR, 10, _SVHN_EXTRA)
    if data.name in PICTURES:
        return pictures((3, None, None), PICTURES[data.name], None)
    shape, classes, train, test = _SETS[data.name]
    return pictures(shape, classes, train if is_training(data) else test)


def _shapes(size: int, count: int) -> SetFacts:
    columns = {
        "image": ColumnFacts("image", (3, size, size)),
        "mask": ColumnFacts("mask", (size, size), 3),
        "label": ColumnFacts("label", (), 2),
        "box": ColumnFacts("value", (4,)),
    }
    return SetFacts(columns, "image", "mask", count)


def is_training(data: Component) -> bool:
    """Whether this is the part to train on."""
    if "train" in data.arguments:
        return bool(data.arguments["train"])
    return bool(data.arguments["split"] == "train")
