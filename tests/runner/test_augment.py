"""Transforms in bulk do what torchvision's do image by image."""

import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as v2

from netspec.diagnostics import Source, Span
from netspec.errors import SpecError
from netspec.runner.data.augment import affine_grid, bulk, sampled
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.memory import prepare
from netspec.runner.data.transforms import make_transform
from netspec.runner.data.use import Use
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch

SPAN = Span(Source("recipe.yaml", "transform"), 0, 9)
CASES = [
    (0.0, (0, 0), 1.0, (0.0, 0.0)),
    (30.0, (0, 0), 1.0, (0.0, 0.0)),
    (0.0, (3, -2), 1.0, (0.0, 0.0)),
    (0.0, (0, 0), 0.73, (0.0, 0.0)),
    (0.0, (0, 0), 1.0, (20.0, 0.0)),
    (0.0, (0, 0), 1.0, (0.0, 15.0)),
    (-75.0, (-4, 1), 1.3, (10.0, -8.0)),
]


def use(name, **given):
    """A component as the recipe reader makes it."""
    signature = components("transform")[name].signature
    defaults = {param.name: param.default for param in signature if not param.required}
    return Component(name, SPAN, defaults | given, frozenset(given))


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_affine_maps_agree_with_torchvision(mode, fill):
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(len(CASES), 2, 17, 22, generator=generator)
    angle, shift, scale, shear = (torch.tensor(column) for column in zip(*CASES, strict=True))
    grid = affine_grid((17, 22), angle, shift.T.float(), scale, tuple(shear.T), torch.device("cpu"))
    moved = sampled(images, grid, mode=mode, fill=fill)
    for index, case in enumerate(CASES):
        image, move = images[index], (case[0], list(case[1]), case[2], list(case[3]), InterpolationMode(mode))
        expected = v2.affine(image, *move, fill=[fill])
        # Where a pixel shows both the image and what lies outside it, torchvision mixes in the fill twice.
        inside = v2.affine(torch.ones_like(image), *move)
        clear = (inside < 1e-3) | (inside > 1 - 1e-3)
        assert clear.float().mean() > 0.7
        differing = ((moved[index] - expected).abs() > 1e-4)[clear].float().mean()
        # A pixel that lies on the edge between two may be rounded either way.
        assert differing < 0.01, (case, float(differing))


def test_each_image_gets_random_numbers_of_its_own():
    torch.manual_seed(0)
    images = torch.rand(1, 1, 12, 12).expand(6, 1, 12, 12)
    for name, given in (
        ("RandomAffine", {"degrees": 40}),
        ("RandomRotation", {"degrees": 40}),
        ("RandomCrop", {"size": 6}),
        ("RandomErasing", {"p": 1.0}),
    ):
        moved = make_transform(use(name, **given))((images,))[0]
        assert len({tuple(image.flatten().tolist()) for image in moved}) > 1, name


def test_a_crop_is_a_part_of_its_image():
    torch.manual_seed(0)
    images = torch.arange(5 * 64, dtype=torch.float32).reshape(5, 1, 8, 8)
    cropped = bulk(use("RandomCrop", size=(3, 4)))((images,))[0]
    assert cropped.shape == (5, 1, 3, 4)
    for image, part in zip(images, cropped, strict=True):
        first = int(part[0, 0, 0]) - int(image[0, 0, 0])
        top, left = divmod(first, 8)
        assert torch.equal(part, image[:, top : top + 3, left : left + 4])


def test_padding_goes_round_before_the_crop():
    torch.manual_seed(0)
    cropped = bulk(use("RandomCrop", size=8, padding=2))((torch.ones(50, 1, 8, 8),))[0]
    assert cropped.shape == (50, 1, 8, 8)
    assert float(cropped.min()) == 0.0
    assert float(cropped.mean()) > 0.5


@pytest.mark.parametrize(("name", "axis"), [("RandomHorizontalFlip", -1), ("RandomVerticalFlip", -2)])
def test_flips_take_their_share_of_the_images(name, axis):
    torch.manual_seed(0)
    images = torch.rand(400, 1, 5, 5)
    flipped = bulk(use(name, p=0.25))((images,))[0]
    changed = (flipped != images).flatten(1).any(1)
    assert torch.equal(flipped[changed], images[changed].flip(axis))
    assert 0.15 < float(changed.float().mean()) < 0.35


def test_arguments_without_a_bulk_form_go_image_by_image():
    component = use("RandomAffine", degrees=20, center=(2.0, 2.0))
    assert bulk(component) is None
    assert make_transform(component)((torch.rand(3, 1, 9, 9),))[0].shape == (3, 1, 9, 9)


def test_normalize_is_torchvision_s_to_the_bit():
    images = torch.rand(5, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    given = {"mean": (0.4, 0.5, 0.6), "std": (0.1, 0.2, 0.3)}
    before = images.clone()
    (found,) = make_transform(use("Normalize", **given))((images,))
    assert torch.equal(found, v2.normalize(images, *map(list, given.values())))
    assert torch.equal(images, before)


def test_what_torchvision_refuses_of_an_image_is_reported_too():
    resize = make_transform(use("Resize", size=28, max_size=3))
    with pytest.raises(SpecError, match="max_size"):
        resize((torch.rand(1, 1, 8, 8),))


def test_what_torchvision_refuses_is_reported_at_the_recipe():
    with pytest.raises(SpecError) as caught:
        make_transform(use("GaussianBlur", kernel_size=4))
    (found,) = caught.value.report.diagnostics
    assert (found.code, found.path) == ("NS703", "recipe.yaml")
    assert "PyTorch says" in found.notes[0]


def test_augmentation_fills_in_black_and_is_for_training_only():
    transform = (use("Resize", size=16), use("Normalize", mean=(0.5,), std=(0.5,)))
    augment = (use("RandomAffine", degrees=0, translate=(0.5, 0.5)),)
    white = MemorySet(
        "white",
        {"image": Column("image", white=16), "label": Column("label", classes=10)},
        {"image": torch.full((8, 1, 8, 8), 16, dtype=torch.uint8), "label": torch.zeros(8).long()},
        "image",
        "label",
    )
    torch.manual_seed(0)
    trained, tested = (
        batch_of(prepare(white, Use(("image",), ("label",), transform, drawn), torch.device("cpu")))
        for drawn in (augment, ())
    )
    # Black is 0 before Normalize, so -1 behind it; white is 1.
    assert sorted(trained.unique().tolist()) == [-1.0, 1.0]
    assert tested.unique().tolist() == [1.0]
    assert tested.shape == (8, 1, 16, 16)


def batch_of(batches):
    (batch,) = batches.over([torch.arange(len(batches))], seed=0, epoch=1)
    return batch.inputs[0]
