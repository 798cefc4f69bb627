"""What building `resnet50` costs: from its spec, and by torchvision's class.

Run: python benchmarks/zoo.py. All in one process, one thread, the sides in turn; medians of the CPU time
that the process used, which other programs disturb less than the time on the clock. `again`: the file was
compiled before in this process; `fresh`: every stage runs, on a text never seen before. Then `netspec
validate` on the file: whole processes, without PyTorch.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torchvision import models

import netspec

SPEC = Path(__file__).parents[1] / "specs" / "torchvision" / "resnet50.yaml"
ROUNDS = 25


def in_turn(actions, clock):
    """The times of each action in milliseconds, the actions called in turn."""
    times = [[] for _ in actions]
    for turn in range(ROUNDS + 2):
        for action, found in zip(actions, times, strict=True):
            start = clock()
            action()
            if turn >= 2:
                found.append(1000 * (clock() - start))
    return [statistics.median(found) for found in times]


def validation():
    """Wall and CPU seconds of a whole process that validates the file."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "netspec", "validate", "--no-cache", str(SPEC)],
        check=True,
        capture_output=True,
    )
    wall, after = time.perf_counter() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    torch.set_num_threads(1)
    text = SPEC.read_text(encoding="utf-8")
    count = iter(range(10**6))

    def fresh():
        netspec.compile(netspec.loads(f"{text}# {next(count)}\n", path=str(SPEC)))

    def again():
        netspec.compile(SPEC)

    for name, clock in (("CPU", time.process_time), ("clock", time.perf_counter)):
        built, known, new = in_turn((models.resnet50, again, fresh), clock)
        print(f"torchvision's resnet50, {name:5}   {built:7.1f} ms")
        print(f"netspec.compile, again, {name:5}   {known:7.1f} ms; ratio {known / built:.3f}")
        print(f"netspec.compile, fresh, {name:5}   {new:7.1f} ms; ratio {new / built:.3f}")
    wall, used = zip(*(validation() for _ in range(7)), strict=True)
    print(f"netspec validate: {statistics.median(wall):.3f} s, CPU {statistics.median(used):.3f} s")


if __name__ == "__main__":
    main()
