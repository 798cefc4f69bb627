"""Folders of pictures become data sets; what cannot be read is named."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

from netspec.diagnostics import Source, Span
from netspec.runner.data.convert import in_memory
from netspec.runner.data.folders import open_class_folders, open_image_masks
from netspec.runner.data.memory import prepare
from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")
LABELLED = Use(("image",), ("label",))
MASKED = Use(("image",), ("mask",))


def use(name, **given):
    signature = components("transform")[name].signature
    defaults = {param.name: param.default for param in signature if not param.required}
    return Component(name, Span(Source("recipe.yaml", "x"), 0, 1), defaults | given, frozenset(given))


def write_picture(path, *, size=(12, 10), mode="RGB"):
    """A picture of random pixels; `size` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    pixels = np.random.default_rng(len(str(path.name))).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def animals(tmp_path):
    """Two classes of pictures, in several formats."""
    root = tmp_path / "animals"
    for name in ("cat/a.png", "cat/deep/b.jpg", "cat/c.BMP", "dog/d.png", "dog/e.png"):
        write_picture(root / name, mode="L" if name.endswith("d.png") else "RGB")
    (root / "dog" / "notes.txt").write_text("no picture")
    return root


def read_all(batches):
    for batch in batches.over([torch.arange(len(batches))], seed=0, epoch=1):
        return batch
    raise AssertionError


def test_a_folder_of_classes_is_read_as_torchvision_reads_it(animals):
    opened = open_class_folders(root=str(animals))
    expected = datasets.ImageFolder(str(animals))
    assert opened.classes == tuple(expected.classes)
    places = [opened.place("image", index) for index in range(len(opened))]
    assert places == [path for path, _ in expected.samples]
    for index, (picture, label) in enumerate(expected):
        read = opened.read(index)
        assert torch.equal(read["image"], torch.from_numpy(np.array(picture)).permute(2, 0, 1))
        assert int(read["label"]) == label


def test_streamed_and_in_memory_are_the_same(animals):
    opened = open_class_folders(root=str(animals))
    normalize = use("Normalize", mean=(0.5,) * 3, std=(0.2,) * 3)
    uses = Use(("image",), ("label",), (use("Resize", size=(6, 7)), normalize))
    streamed = read_all(prepare_stream(opened, uses, CPU, workers=0))
    loaded = read_all(prepare(*in_memory(opened, uses), CPU))
    assert torch.allclose(streamed.inputs[0], loaded.inputs[0], atol=1e-6)
    assert torch.equal(streamed.targets["label"], loaded.targets["label"])
    assert streamed.inputs[0].shape == (5, 3, 6, 7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, "animals does not exist"),
        (lambda root: root.mkdir(), "animals has no folders, and each class needs one"),
        (lambda root: root.write_text(""), "animals is no folder"),
        (lambda root: (root / "cat").mkdir(parents=True), r"cat has no pictures \(\.jpg, .*add some, remove"),
    ],
)
def test_an_empty_folder_is_named(tmp_path, make, message):
    root = tmp_path / "animals"
    make(root)
    with pytest.raises(RunError, match=message):
        open_class_folders(root=str(root))


def test_a_class_may_be_empty_where_the_recipe_says_so(animals):
    (animals / "emu").mkdir()
    with pytest.raises(RunError, match="emu has no pictures"):
        open_class_folders(root=str(animals))
    opened = open_class_folders(root=str(animals), allow_empty=True)
    assert (opened.columns["label"].classes, len(opened)) == (3, 5)


def damage(path, how):
    data = path.read_bytes()
    match how:
        case "empty":
            data = b""
        case "truncated":
            data = data[: len(data) // 2]
        case "text":
            data = b"<html>not found</html>"
        case "flipped":
            # Within the first block of pixels of a PNG, which has a checksum.
            data = data[:60] + bytes([data[60] ^ 8]) + data[61:]
    path.write_bytes(data)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("empty", r"e\.png is empty: mend it, or take it out of the folder"),
        ("truncated", r"e\.png cannot be decoded \(.*: mend it"),
        ("text", r"e\.png cannot be decoded \(it is of no known kind\)"),
        ("flipped", r"e\.png cannot be decoded"),
        ("gone", r"e\.png cannot be read \(No such file or directory\)"),
    ],
)
def test_a_picture_that_cannot_be_read_is_named(animals, how, message, workers):
    batches = prepare_stream(open_class_folders(root=str(animals)), LABELLED, CPU, workers=workers)
    if how == "gone":
        (animals / "dog/e.png").unlink()
    else:
        damage(animals / "dog/e.png", how)
    with pytest.raises(RunError, match=message) as caught:
        list(batches.over(torch.arange(5).split(2), seed=0, epoch=1))
    assert "Traceback" not in str(caught.value)


def test_a_picture_of_another_size_than_the_first_is_named(animals):
    write_picture(animals / "dog/e.png", size=(9, 10))
    batches = prepare_stream(open_class_folders(root=str(animals)), LABELLED, CPU, workers=0)
    with pytest.raises(
        RunError, match=r"e\.png has the shape \[3, 10, 9\], but the first sample has \[3, 10, 12\]"
    ):
        read_all(batches)


def test_a_picture_that_a_transform_cannot_take_is_named(animals):
    write_picture(animals / "dog/e.png", size=(3, 3))
    crop = Use(("image",), ("label",), augment=(use("RandomCrop", size=8),))
    batches = prepare_stream(open_class_folders(root=str(animals)), crop, CPU, workers=0)
    with pytest.raises(RunError, match=r"e\.png: `RandomCrop` cannot .*: Required crop size \(8, 8\)"):
        read_all(batches)


def write_mask(path, mask, *, palette=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.asarray(mask, np.uint8))
    if palette:
        picture.putpalette([*range(256)] * 3)
    picture.save(path)


@pytest.fixture
def scenes(tmp_path):
    """Three images with masks: of three classes, one as a palette."""
    for number in range(3):
        write_picture(tmp_path / f"images/{number}.jpg", size=(6, 4))
        write_mask(tmp_path / f"masks/{number}.png", np.arange(24).reshape(4, 6) % 3, palette=number == 1)
    return tmp_path


def test_images_have_the_masks_of_the_same_name(scenes):
    opened = open_image_masks(root=str(scenes), classes=3)
    batch = read_all(prepare_stream(opened, MASKED, CPU, workers=0))
    assert batch.inputs[0].shape == (3, 3, 4, 6)
    expected = torch.arange(24).reshape(4, 6) % 3
    assert torch.equal(batch.targets["mask"], expected.expand(3, 4, 6))


def test_white_is_the_second_class_of_two(scenes):
    for number in range(3):
        write_mask(scenes / f"masks/{number}.png", np.eye(4, 6) * 255)
    batch = read_all(prepare_stream(open_image_masks(root=str(scenes), classes=2), MASKED, CPU, workers=0))
    assert torch.equal(batch.targets["mask"][0], torch.eye(4, 6).long())


@pytest.mark.parametrize("memory", [False, True])
def test_what_is_not_judged_must_be_said(scenes, memory):
    write_mask(scenes / "masks/2.png", np.eye(4, 6) * 255)
    opened = open_image_masks(root=str(scenes), classes=3)
    with pytest.raises(RunError, match=r"2\.png holds 255, but .* has 3 classes: write `ignore: 255`"):
        read_all(prepare_stream(opened, MASKED, CPU, workers=0))
    opened = open_image_masks(root=str(scenes), classes=3, ignore=255)
    batches = (
        prepare(*in_memory(opened, MASKED), CPU) if memory else prepare_stream(opened, MASKED, CPU, workers=0)
    )
    assert torch.equal(read_all(batches).targets["mask"][2], torch.eye(4, 6).long() * -100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda root: (root / "masks/1.png").unlink(),
            r"images/1\.jpg has no mask: put one of",
        ),
        (
            lambda root: (root / "images/1.jpg").unlink(),
            r"masks/1\.png has no image: put one of",
        ),
        (
            lambda root: write_mask(root / "masks/1.png", np.zeros((4, 5))),
            r"1\.png has 5 x 4 pixels, .* 6 x 4",
        ),
        (
            lambda root: write_picture(root / "masks/1.png", size=(6, 4)),
            r"1\.png is no mask: .* RGB",
        ),
        (
            lambda root: write_mask(root / "masks/1.png", np.full((4, 6), 7)),
            r"1\.png holds 7 in .* 3 classes",
        ),
    ],
)
def test_a_mask_that_does_not_fit_is_named(scenes, make, message):
    make(scenes)
    with pytest.raises(RunError, match=message):
        read_all(prepare_stream(open_image_masks(root=str(scenes), classes=3), MASKED, CPU, workers=0))
