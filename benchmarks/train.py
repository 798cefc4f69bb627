"""What the runner costs beside hand-written loops: one thread, and its processor time.

Run: python benchmarks/train.py step     a small network: the cost of the loop itself
     python benchmarks/train.py mnist    60,000 images in MNIST's format, which it makes: one epoch
The sides run in turn.
"""

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from compile import hand_written
from torch.nn import functional as F

import netspec
from netspec.runner import train as module

SPEC = Path(__file__).parents[1] / "specs" / "mnist.yaml"
NET = """\
netspec: 1
name: Small
inputs: {x: [N, 16]}
layers: {fc1: {Linear: [16, 16]}, fc2: {Linear: [16, 4]}}
forward: [fc1, relu, fc2]
"""
RECIPE = """\
netspec: 1
recipe: step
model: net.yaml
data:
  train: {Arrays: {x: x.npy, label: label.npy}}
  test: {Arrays: {x: x_test.npy, label: label_test.npy}}
  batch_size: 8
loss: cross_entropy
optimizer: {AdamW: {lr: 1e-4}}
scheduler: {OneCycleLR: {max_lr: 1e-4}}
epochs: 5
precision: fp32
"""
MNIST = """\
netspec: 1
recipe: mnist
model: SPEC
data:
  train: {MNIST: {root: data, train: true}}
  test: {MNIST: {root: data, train: false}}
  transform: [{Normalize: {mean: [0.1307], std: [0.3081]}}]
  batch_size: 64
loss: nll_loss
optimizer: {Adadelta: {lr: 1.0}}
scheduler: {StepLR: {step_size: 1, gamma: 0.7}}
epochs: 1
"""


def timed(action):
    start = time.process_time()
    action()
    return time.process_time() - start


def timed_loop(*overrides, recipe="recipe.yaml"):
    """The time of the runner's loop alone, without start, checks and files."""
    real, found = module.fit, []

    def fit(job):
        found.append(timed(lambda: real(job)))

    module.fit = fit
    try:
        netspec.train(recipe, set=overrides, progress=False)
    finally:
        module.fit = real
    return found[0]


def bare_loop(x, label, epochs, batch):
    net = netspec.compile("net.yaml")
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
    for _ in range(epochs):
        for indices in torch.randperm(len(x)).split(batch):
            loss = F.cross_entropy(net(x[indices]), label[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def step():
    Path("net.yaml").write_text(NET)
    Path("recipe.yaml").write_text(RECIPE)
    rng = np.random.default_rng(0)
    for name, count in (("", 16_000), ("_test", 8)):
        np.save(f"x{name}.npy", rng.random((count, 16), dtype=np.float32))
        np.save(f"label{name}.npy", rng.integers(4, size=count))
    x, label = torch.from_numpy(np.load("x.npy")), torch.from_numpy(np.load("label.npy"))
    steps, bare, runner = 5 * 2000, [], []
    timed(lambda: bare_loop(x[:800], label[:800], 1, 8))
    for _ in range(5):
        bare.append(1e6 * timed(lambda: bare_loop(x, label, 5, 8)) / steps)
        runner.append(1e6 * timed_loop() / steps)
    first, second = statistics.median(bare), statistics.median(runner)
    print(f"bare loop                        {first:6.1f} us a step  ({min(bare):.1f} to {max(bare):.1f})")
    print(
        f"runner: NaN check, schedule, hooks{second:6.1f} us a step  ({min(runner):.1f} to {max(runner):.1f})"
    )
    print(f"ratio                            {second / first:6.3f}")


def write_mnist(folder, count, prefix):
    rng = np.random.default_rng(len(prefix))
    labels = rng.integers(10, size=count, dtype=np.uint8)
    images = rng.integers(60, size=(count, 28, 28), dtype=np.uint8)
    for label in range(10):
        images[labels == label, 2 + 2 * label : 6 + 2 * label, 4:24] += 150
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, count, 28, 28) + images.tobytes()
    )
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels.tobytes())


def usual_script():
    """One epoch as such scripts are written: transforms of each sample in a DataLoader, float32."""
    from torchvision import datasets, transforms

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train = torch.utils.data.DataLoader(
        datasets.MNIST("data", transform=transform), batch_size=64, shuffle=True
    )
    held_out = datasets.MNIST("data", train=False, transform=transform)
    test = torch.utils.data.DataLoader(held_out, batch_size=1000)
    net = hand_written()()
    optimizer = torch.optim.Adadelta(net.parameters(), lr=1.0)
    net.train()
    for images, labels in train:
        optimizer.zero_grad()
        F.nll_loss(net(images), labels).backward()
        optimizer.step()
    net.eval()
    right = 0
    with torch.no_grad():
        for images, labels in test:
            right += int((net(images).argmax(1) == labels).sum())
    return right


def runner(*overrides):
    return lambda: netspec.train("recipe.yaml", set=overrides, progress=False)


SIDES = {
    "usual": ("usual script, batch 64, fp32", usual_script),
    "fp32": ("runner, batch 64, fp32", runner("precision=fp32")),
    "recipe": ("runner, as the recipe says", runner()),
}


def mnist(count):
    """Each side in processes of its own: what the runner asks of malloc would help the others, too."""
    Path("recipe.yaml").write_text(MNIST.replace("SPEC", str(SPEC)))
    write_mnist(Path("data/MNIST/raw"), count, "train")
    write_mnist(Path("data/MNIST/raw"), count // 6, "t10k")
    times = {name: [] for name in SIDES}
    for _ in range(3):
        for name in SIDES:
            command = [sys.executable, __file__, "side", "--side", name]
            times[name].append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    usual = statistics.median(times["usual"])
    for name, found in times.items():
        middle = statistics.median(found)
        rate = count / middle
        print(
            f"{SIDES[name][0]:30} {middle:6.1f} s  {rate:6,.0f} images a second  {usual / middle:.2f} times"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["step", "mnist", "side"])
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--images", type=int, default=60_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "side":
        print(timed(SIDES[options.side][1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        step() if options.what == "step" else mnist(options.images)
        os.chdir("/")


if __name__ == "__main__":
    import warnings

    warnings.filterwarnings("ignore", "dropout2d")
    main()
