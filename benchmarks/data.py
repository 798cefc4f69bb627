"""What batches cost: netspec's, made in bulk or streamed, beside torchvision's transforms in a DataLoader.

Run: OMP_NUM_THREADS=1 python benchmarks/data.py. One thread, processor time of this process (so that other
programs disturb little), the sides in turn, the least of several rounds. Sets and pictures are made here,
in a temporary folder; what is in memory is warm in the system's cache.
"""

import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets
from torchvision.transforms import v2

from netspec.diagnostics import Source, Span
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.folders import open_class_folders
from netspec.runner.data.memory import prepare
from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

BATCH, BATCHES, ROUNDS = 64, 60, 5
CPU = torch.device("cpu")


def use(name, **given):
    """A component as the recipe reader makes it."""
    defaults = {
        each.name: each.default for each in components("transform")[name].signature if not each.required
    }
    return Component(name, Span(Source("recipe.yaml", name), 0, 1), defaults | given, frozenset(given))


def column_use(transform, augment=()):
    return Use(("image",), ("label",), tuple(transform), tuple(augment))


class OneByOne(Dataset):
    """Pictures as torchvision's sets hand them out: PIL, through the transforms, one at a time."""

    def __init__(self, images, labels, transforms):
        self.images, self.labels = images.permute(0, 2, 3, 1).squeeze(-1).numpy(), labels
        self.transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), *transforms])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), int(self.labels[index])


def seconds(batches):
    """Processor time of so many batches."""
    start = time.process_time()
    count = sum(1 for _ in itertools.islice(batches, BATCHES))
    return (time.process_time() - start) / (count * BATCH)


def compare(name, ours, theirs):
    """The least time a sample of each side, in turn, in microseconds."""
    found = [
        min(each) for each in zip(*((seconds(ours()), seconds(theirs())) for _ in range(ROUNDS)), strict=True)
    ]
    print(
        f"{name:55} {1e6 * found[0]:8.1f} us {1e6 * found[1]:8.1f} us {found[1] / found[0]:7.1f} x",
        flush=True,
    )


def in_memory(name, shape, transform, augment, theirs):
    images = torch.randint(0, 256, (20_000, *shape), dtype=torch.uint8)
    labels = torch.randint(0, 10, (20_000,))
    columns = {"image": Column("image"), "label": Column("label", classes=10)}
    opened = MemorySet("made", columns, {"image": images, "label": labels}, "image", "label")
    ready = prepare(opened, column_use(transform, augment), CPU)
    other = OneByOne(images, labels, theirs)

    def ours():
        return ready.over(torch.randperm(20_000).split(BATCH)[:BATCHES], seed=0, epoch=1)

    compare(name, ours, lambda: DataLoader(other, BATCH, shuffle=True))


def folder(root):
    """512 photographs of 500 x 375 pixels: smooth colours with some noise, as JPEG."""
    random = np.random.default_rng(0)
    for number in range(512):
        coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC), np.int16)
        noisy = np.clip(smooth + random.integers(-8, 9, smooth.shape), 0, 255).astype(np.uint8)
        path = root / f"class{number % 4}" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noisy).save(path, quality=90)


def streamed():
    with tempfile.TemporaryDirectory() as name:
        folder(Path(name))
        normalize = {"mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}
        wanted = column_use(
            [use("Resize", size=256), use("CenterCrop", size=224), use("Normalize", **normalize)],
            [use("RandomHorizontalFlip")],
        )
        ready = prepare_stream(open_class_folders(root=name), wanted, CPU, workers=0)
        steps = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Resize(256), v2.CenterCrop(224)]
        steps += [v2.RandomHorizontalFlip(), v2.Normalize(**normalize)]
        theirs = datasets.ImageFolder(name, v2.Compose(steps))
        order = torch.arange(512).split(BATCH)
        compare(
            "ImageFolder, 500 x 375 to 224 x 224, flip",
            lambda: ready.over(order, seed=0, epoch=1),
            lambda: DataLoader(theirs, BATCH, shuffle=True),
        )


def main():
    torch.set_num_threads(1)
    print(f"{'microseconds a sample':55} {'netspec':>11} {'one by one':>11}")
    grey, colour = {"mean": [0.13], "std": [0.3]}, {"mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}
    plain = v2.Normalize(**grey)
    in_memory("28 x 28 grey, Normalize", (1, 28, 28), [use("Normalize", **grey)], [], [plain])
    affine = {"degrees": 10.0, "translate": (0.1, 0.1)}
    for mode in ("nearest", "bilinear"):
        in_memory(
            f"the same, and RandomAffine, {mode}",
            (1, 28, 28),
            [use("Normalize", **grey)],
            [use("RandomAffine", **affine, interpolation=mode)],
            [v2.RandomAffine(**affine, interpolation=v2.InterpolationMode(mode)), plain],
        )
    in_memory(
        "32 x 32 colour, Normalize, RandomCrop, flip",
        (3, 32, 32),
        [use("Normalize", **colour)],
        [use("RandomCrop", size=32, padding=4), use("RandomHorizontalFlip")],
        [v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip(), v2.Normalize(**colour)],
    )
    streamed()


if __name__ == "__main__":
    main()
