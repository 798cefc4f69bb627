"""Pictures to predict are prepared as those of training were."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from netspec.diagnostics import Source, Span
from netspec.runner.data.given import open_pictures
from netspec.runner.errors import RunError
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


def use(name, **given):
    signature = components("transform")[name].signature
    defaults = {param.name: param.default for param in signature if not param.required}
    return Component(name, Span(Source("recipe.yaml", "x"), 0, 1), defaults | given, frozenset(given))


TRANSFORM = (use("Resize", size=(8, 8)), use("Normalize", mean=(0.4,), std=(0.3,)))


@pytest.fixture
def paths(tmp_path):
    """A picture by itself, and a folder with one in colour and one in grey."""
    for name, shape in (("z.png", (9, 7)), ("more/b.jpg", (12, 12, 3)), ("more/a.bmp", (8, 8))):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        pixels = np.random.default_rng(len(name)).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return [tmp_path / "z.png", tmp_path / "more"]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize("workers", [0, 1])
def test_each_picture_is_transformed(paths, channels, mode, workers):
    batches = open_pictures(paths, channels=channels, transform=TRANSFORM, device=CPU, workers=workers)
    names = [batches.place("image", index).rsplit("/", 1)[1] for index in range(len(batches))]
    assert names == ["z.png", "a.bmp", "b.jpg"]
    (batch,) = batches.over([torch.arange(3)], seed=0, epoch=0)
    assert batch.targets == {}
    for index, image in enumerate(batch.inputs[0]):
        picture = Image.open(batches.place("image", index)).convert(mode)
        scaled = v2.functional.to_dtype(v2.functional.to_image(picture), torch.float32, scale=True)
        expected = v2.functional.normalize(v2.functional.resize(scaled, [8, 8]), [0.4], [0.3])
        assert torch.allclose(image, expected, atol=1e-6)


def test_what_is_not_there_is_named(paths, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, message in (
        (tmp_path / "gone.png", r"gone\.png does not exist"),
        (tmp_path / "empty", "no pictures"),
    ):
        with pytest.raises(RunError, match=message):
            open_pictures([*paths, path], channels=1, transform=TRANSFORM, device=CPU)
    with pytest.raises(RunError, match="trained on 4 channels"):
        open_pictures(paths, channels=4, transform=TRANSFORM, device=CPU)


def test_a_picture_that_cannot_be_read_is_named_in_its_batch(paths, tmp_path):
    (tmp_path / "more/b.jpg").write_bytes(b"no picture")
    batches = open_pictures(paths, channels=1, transform=TRANSFORM, device=CPU)
    stream = batches.over(torch.arange(3).split(2), seed=0, epoch=0)
    assert next(stream).indices.tolist() == [0, 1]
    with pytest.raises(RunError, match=r"b\.jpg cannot be decoded"):
        next(stream)
