"""Masks move with their images, in bulk and sample by sample, and nothing but geometry touches them."""

import pytest
import torch

from netspec.diagnostics import Source, Span
from netspec.runner.data.augment import bulk
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.memory import prepare
from netspec.runner.data.transforms import make_sample_transform, make_transform
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch

SPAN = Span(Source("recipe.yaml", "transform"), 0, 9)
KINDS = ("image", "mask")
MOVES = [
    ("RandomHorizontalFlip", {"p": 0.5}),
    ("RandomVerticalFlip", {"p": 0.5}),
    ("RandomCrop", {"size": 9, "padding": 3}),
    ("RandomCrop", {"size": (6, 11)}),
    ("RandomAffine", {"degrees": 40.0, "translate": (0.2, 0.2), "scale": (0.7, 1.3), "shear": 10.0}),
    ("RandomRotation", {"degrees": 90.0}),
    ("RandomResizedCrop", {"size": 8, "interpolation": "nearest"}),
    ("RandomPerspective", {"p": 1.0, "interpolation": "nearest"}),
    ("Resize", {"size": 7, "interpolation": "nearest"}),
    ("CenterCrop", {"size": 5}),
    ("Pad", {"padding": 2}),
]


def use(name, kind="transform", **given):
    signature = components(kind)[name].signature
    defaults = {param.name: param.default for param in signature if not param.required}
    return Component(name, SPAN, defaults | given, frozenset(given))


@pytest.fixture
def pair():
    """Images whose every pixel is its mask's class number."""
    mask = torch.randint(1, 9, (20, 12, 14), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return mask[:, None].float(), mask


@pytest.mark.parametrize(("name", "given"), MOVES)
def test_a_mask_goes_where_its_image_goes(pair, name, given):
    torch.manual_seed(0)
    image, mask = make_transform(use(name, **given), KINDS)(pair)
    assert mask.dtype is torch.uint8
    assert torch.equal(image[:, 0], mask.float())
    assert not torch.equal(mask, pair[1])


@pytest.mark.parametrize(("name", "given"), MOVES)
def test_so_it_does_sample_by_sample(pair, name, given):
    torch.manual_seed(1)
    transform = make_sample_transform(use(name, **given), KINDS)
    for sample in zip(*pair, strict=True):
        image, mask = transform(sample)
        assert type(image) is type(mask) is torch.Tensor
        assert torch.equal(image[0], mask.float())


@pytest.mark.parametrize("name", ["RandomHorizontalFlip", "RandomCrop", "RandomAffine"])
def test_the_common_moves_have_a_bulk_form_with_masks(name):
    given = {"RandomCrop": {"size": 4}, "RandomAffine": {"degrees": 5.0}}.get(name, {})
    assert bulk(use(name, **given), KINDS) is not None


@pytest.mark.parametrize("form", [make_transform, make_sample_transform])
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Normalize", {"mean": (0.5,), "std": (0.1,)}),
        ("ColorJitter", {"brightness": 0.9}),
        ("RandomErasing", {"p": 1.0}),
        ("GaussianBlur", {"kernel_size": 3}),
    ],
)
def test_colours_leave_masks_alone(pair, form, name, given):
    planes = tuple(pair) if form is make_transform else tuple(plane[0] for plane in pair)
    image, mask = form(use(name, **given), KINDS)((planes[0] / 9, planes[1]))
    assert torch.equal(mask, planes[1])
    assert not torch.equal(image, planes[0] / 9)


@pytest.mark.parametrize("fill", [0.5, (0.5,)])
def test_beside_a_mask_is_nothing_whatever_the_image_is_filled_with(pair, fill):
    torch.manual_seed(0)
    away = use("RandomAffine", degrees=0.0, translate=(0.9, 0.9), fill=fill)
    image, mask = make_transform(away, KINDS)(pair)
    empty = mask == 0
    assert bool(empty.any())
    assert image[:, 0][empty].unique().tolist() == [0.5]


def batch_of(opened, use):
    batches = prepare(opened, use, torch.device("cpu"))
    (batch,) = batches.over([torch.arange(len(opened))], seed=0, epoch=1)
    return batches, batch


def segments(mask):
    columns = {"image": Column("image"), "mask": Column("mask", classes=9)}
    images = mask[:, None] * 20
    return MemorySet("segments", columns, {"image": images, "mask": mask}, "image", "mask")


def test_batches_have_masks_as_the_loss_takes_them(pair):
    torch.manual_seed(0)
    augment = (use("RandomHorizontalFlip"), use("RandomAffine", degrees=30.0))
    transform = (use("Resize", size=8, interpolation="nearest"), use("Normalize", mean=(0.0,), std=(2.0,)))
    batches, batch = batch_of(segments(pair[1]), Use(("image",), ("mask",), transform, augment))
    mask = batch.targets["mask"]
    assert (mask.dtype, batches.columns["mask"].dtype) == (torch.int64, torch.int64)
    assert tuple(mask.shape[1:]) == batches.columns["mask"].shape == (8, 9)
    assert torch.allclose(batch.inputs[0][:, 0] * 2 * 255 / 20, mask.float(), atol=1e-4)


def test_a_pixel_that_is_not_judged_is_what_cross_entropy_leaves_out(pair):
    mask = pair[1].clone()
    mask[3, 2, 1] = 255
    _, batch = batch_of(segments(mask), Use(("image",), ("mask",)))
    target = batch.targets["mask"]
    assert int(target[3, 2, 1]) == -100
    logits = torch.randn(20, 9, 12, 14)
    kept = mask != 255
    expected = torch.nn.functional.cross_entropy(logits.permute(0, 2, 3, 1)[kept], mask[kept].long())
    assert torch.allclose(torch.nn.functional.cross_entropy(logits, target), expected)


def test_a_class_beyond_the_mask_s_classes_is_named(pair):
    mask = pair[1].clone()
    mask[4, 0, 0] = 9
    with pytest.raises(RunError, match="sample 4 of segments holds 9 in the column `mask`, but seg"):
        prepare(segments(mask), Use(("image",), ("mask",)), torch.device("cpu"))


def test_an_image_can_be_its_own_target(pair):
    augment = (use("RandomHorizontalFlip"), use("GaussianNoise"))
    torch.manual_seed(0)
    _, batch = batch_of(segments(pair[1]), Use(("image",), ("image",), (), augment))
    assert batch.targets["image"] is batch.inputs[0]
