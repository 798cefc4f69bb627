"""What compiling costs beside instantiating the hand-written class, and what the compiled class costs.

Run: python benchmarks/compile.py. All in one process, the two sides in turn, medians. `again`: the
text was compiled before in this process; `fresh`: every stage runs, on a text never seen before.
"""

import importlib.util
import statistics
import time
from pathlib import Path

import torch

import netspec

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "specs" / "mnist.yaml"
ROUNDS = 200


def hand_written():
    path = ROOT / "tests" / "promises" / "reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Net


def in_turn(*actions, rounds=ROUNDS):
    """The median time of each action in milliseconds, the actions called in turn."""
    times = [[] for _ in actions]
    for turn in range(rounds + 5):
        for action, found in zip(actions, times, strict=True):
            start = time.perf_counter()
            action()
            if turn >= 5:
                found.append(1000 * (time.perf_counter() - start))
    return [statistics.median(found) for found in times]


def step(net, images):
    net.zero_grad()
    net(images).sum().backward()


def main():
    torch.set_num_threads(1)
    reference = hand_written()
    text = SPEC.read_text()
    count = iter(range(10**6))

    def fresh():
        netspec.compile(netspec.loads(text.replace("28 x 28", f"28 x 28 no. {next(count)}")))

    again, new, written = in_turn(lambda: netspec.compile(SPEC), fresh, reference)
    print(f"hand-written class, instantiated   {written:7.2f} ms")
    print(f"netspec.compile, again             {again:7.2f} ms  ({again - written:+.2f})")
    print(f"netspec.compile, fresh             {new:7.2f} ms  ({new - written:+.2f})")
    images = torch.rand(64, 1, 28, 28)
    torch.manual_seed(0)
    compiled, plain = netspec.compile(SPEC), reference()
    a, b = in_turn(lambda: step(compiled, images), lambda: step(plain, images), rounds=40)
    print(f"forward and backward, compiled     {a:7.2f} ms for 64 images")
    print(f"forward and backward, hand-written {b:7.2f} ms; ratio {a / b:.3f}")


if __name__ == "__main__":
    main()
