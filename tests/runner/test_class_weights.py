"""`weight: balanced` counts what the training set holds, in memory or streamed, but only what is judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.runner.recipe.load import load_recipe

pytestmark = pytest.mark.torch

FIXTURES = Path(__file__).parents[1] / "fixtures" / "recipes"
MASKS = np.array([[[0, 0], [1, 255]], [[0, 0], [0, 1]]], np.uint8)
RECIPE = """\
netspec: 1
recipe: weighted
model: {spec: nets/segmenter.yaml, params: {classes: 4}}
data:
  train: {Arrays: {image: image.npy, mask: mask.npy, rows: [0, 2]}}
  test: {Arrays: {image: image.npy, mask: mask.npy, rows: [2, 4]}}
  batch_size: 2
loss: {cross_entropy: {weight: balanced}}
optimizer: SGD
epochs: 1
"""


@pytest.mark.parametrize("in_memory", ["true", "false"])
def test_classes_are_counted_as_they_are_judged(
    in_memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from netspec.runner.class_weights import with_class_weights
    from netspec.runner.data.open import open_batches

    (tmp_path / "nets").symlink_to(FIXTURES / "nets")
    np.save(tmp_path / "image.npy", np.zeros((4, 3, 2, 2), np.uint8))
    np.save(tmp_path / "mask.npy", np.concatenate([MASKS, MASKS]))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe("recipe.yaml", (("--set", f"data.in_memory={in_memory}"),)).recipe
    assert recipe is not None
    before = torch.get_rng_state()
    train = open_batches(recipe, "train", torch.device("cpu"), training=True)
    (use,) = with_class_weights(recipe.losses, train)
    # Of eight pixels seven are judged: five of class 0, two of class 1, and none of the other two.
    assert use.loss.stated["weight"] == pytest.approx((7 / (4 * 5), 7 / (4 * 2), 0, 0))
    assert torch.equal(torch.get_rng_state(), before)


def test_losses_with_other_weights_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from netspec.runner.class_weights import with_class_weights
    from netspec.runner.data.open import open_batches

    monkeypatch.chdir(FIXTURES)
    recipe = load_recipe("clean_segmentation.yaml").recipe
    assert recipe is not None
    train = open_batches(recipe, "train", torch.device("cpu"), training=True)
    assert with_class_weights(recipe.losses, train) == recipe.losses
