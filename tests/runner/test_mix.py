"""MixUp and CutMix mix images and labels alike, and only where there are labels to mix."""

import pytest
import torch

from netspec.diagnostics import Source, Span
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.memory import prepare
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch

SPAN = Span(Source("recipe.yaml", "mix"), 0, 3)
MIXUP = Component("MixUp", SPAN, {"alpha": 1.0}, frozenset({"alpha"}))
CUTMIX = Component("CutMix", SPAN, {"alpha": 1.0})


@pytest.fixture
def flat():
    """Images of one value each, which is the class number."""
    label = torch.arange(6)
    images = label[:, None, None, None].expand(6, 1, 8, 8).float()
    columns = {name: Column(name, classes=6) for name in ("image", "label", "mask")}
    values = {"image": images, "label": label, "mask": images[:, 0].long()}
    return MemorySet("flat", columns, values, "image", "label")


def batch_of(opened, use):
    (batch,) = prepare(opened, use, torch.device("cpu")).over([torch.arange(6)], seed=0, epoch=1)
    return batch.inputs[0], batch.targets["label"]


@pytest.mark.parametrize("mixes", [(MIXUP,), (CUTMIX,)])
def test_labels_are_mixed_as_their_images_are(flat, mixes):
    torch.manual_seed(3)
    images, labels = batch_of(flat, Use(("image",), ("label",), mixes=mixes))
    assert labels.shape == (6, 6)
    assert torch.allclose(labels.sum(1), torch.ones(6))
    assert bool(((labels > 0).sum(1) == 2).all())
    # The mean of an image is the mean of the classes in it, each with its share.
    assert torch.allclose(images.mean((1, 2, 3)), (labels * torch.arange(6)).sum(1), atol=1e-5)


def test_of_two_each_batch_gets_one(flat):
    prepared = prepare(flat, Use(("image",), ("label",), mixes=(MIXUP, CUTMIX)), torch.device("cpu"))
    torch.manual_seed(0)
    made = list(prepared.over([torch.arange(6)] * 40, seed=0, epoch=1))
    cut = [bool((batch.inputs[0] == batch.inputs[0].round()).all()) for batch in made]
    assert 8 < sum(cut) < 32


def test_measuring_mixes_nothing(flat):
    _, labels = batch_of(flat, Use(("image",), ("label",)))
    assert labels.tolist() == list(range(6))


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [(("image",), ("mask",)), (("image",), ("label", "mask")), (("image",) * 2, ("label",))],
)
def test_without_one_image_and_one_label_there_is_nothing_to_mix(flat, inputs, targets):
    with pytest.raises(RunError, match="`mix` mixes one input of images with one target of labels"):
        prepare(flat, Use(inputs, targets, mixes=(MIXUP,)), torch.device("cpu"))
