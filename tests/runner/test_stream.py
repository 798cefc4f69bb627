"""Streamed batches do not depend on the workers, begin anywhere, and outlive no worker's death silently."""

import dataclasses
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
import torch

import netspec
from netspec.diagnostics import Source, Span
from netspec.runner.data.convert import one_by_one
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.samples import Samples
from netspec.runner.data.shapes import load_shapes
from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
from netspec.runner.recipe.components import components
from netspec.runner.recipe.records import Component

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


def use(name, **given):
    signature = components("transform")[name].signature
    defaults = {param.name: param.default for param in signature if not param.required}
    return Component(name, Span(Source("recipe.yaml", "x"), 0, 1), defaults | given, frozenset(given))


AUGMENTED = Use(
    ("image",),
    ("mask", "label"),
    (use("Resize", size=12), use("Normalize", mean=(0.5,) * 3, std=(0.2,) * 3)),
    (
        use("RandomAffine", degrees=20.0),
        use("ColorJitter", brightness=0.4),
        use("GaussianBlur", kernel_size=3),
    ),
)


@pytest.fixture(scope="module")
def shapes():
    return one_by_one(load_shapes(split="train", count=40, size=16))


def made(opened, wanted, workers, *, seed=3, epoch=2, used=AUGMENTED):
    batches = prepare_stream(opened, used, CPU, workers=workers)
    return list(batches.over(wanted, seed=seed, epoch=epoch))


def same(one, other):
    assert torch.equal(one.indices, other.indices)
    assert all(torch.equal(a, b) for a, b in zip(one.inputs, other.inputs, strict=True))
    assert one.targets.keys() == other.targets.keys()
    assert all(torch.equal(value, other.targets[name]) for name, value in one.targets.items())


ORDER = torch.randperm(40, generator=torch.Generator().manual_seed(0)).split(6)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_no_byte(shapes, workers):
    for one, other in zip(made(shapes, ORDER, 0), made(shapes, ORDER, workers), strict=True):
        same(one, other)


@pytest.mark.parametrize("workers", [0, 2])
def test_from_the_middle_it_is_the_tail_of_the_whole(shapes, workers):
    whole, tail = made(shapes, ORDER, 0), made(shapes, ORDER[4:], workers)
    assert len(tail) == 3
    for one, other in zip(whole[4:], tail, strict=True):
        same(one, other)


def test_nothing_is_read_before_the_middle(shapes, monkeypatch):
    read = []

    def reading(self, index):
        read.append(index)
        return {name: values[index] for name, values in self.opened.values.items()}

    monkeypatch.setattr(type(shapes), "read", reading)
    batches = prepare_stream(shapes, AUGMENTED, CPU, workers=0)
    read.clear()
    list(batches.over(ORDER[4:], seed=3, epoch=2))
    assert read == torch.cat(ORDER[4:]).tolist()


def test_each_sample_has_randomness_of_its_own_in_each_epoch(shapes):
    first, again = made(shapes, [torch.tensor([5, 5, 7])], 0), made(shapes, [torch.tensor([7, 5])], 0)
    assert torch.equal(first[0].inputs[0][0], first[0].inputs[0][1])
    assert torch.equal(first[0].inputs[0][2], again[0].inputs[0][0])
    usual = made(shapes, ORDER[:1], 0)[0].inputs[0]
    for other in ({"epoch": 3}, {"seed": 4}):
        assert not torch.equal(made(shapes, ORDER[:1], 0, **other)[0].inputs[0], usual)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_run_s_own_random_numbers_and_threads_are_left_alone(shapes, workers):
    torch.manual_seed(11)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    handler = signal.getsignal(signal.SIGCHLD)
    made(shapes, ORDER, workers)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert signal.getsignal(signal.SIGCHLD) is handler


def test_without_transforms_it_is_what_is_stored(shapes):
    plain = Use(("image",), ("box", "mask"))
    (batch,) = made(shapes, [torch.arange(40)], 1, used=plain)
    values = shapes.opened.values
    assert torch.equal(batch.inputs[0], values["image"].float() / 255)
    assert torch.equal(batch.targets["box"], values["box"])
    assert torch.equal(batch.targets["mask"], values["mask"].long())


def test_samples_travel_to_processes_that_are_begun_anew(shapes):
    samples = Samples(shapes, AUGMENTED, 3, 2)
    again = pickle.loads(pickle.dumps(samples))
    assert torch.equal(samples.sample(4)["image"], again.sample(4)["image"])


def test_no_samples_are_refused():
    empty = MemorySet("none", {"x": Column("value")}, {"x": torch.zeros(0, 3)}, "x", "x")
    with pytest.raises(RunError, match="none has no samples"):
        prepare_stream(one_by_one(empty), Use(("x",), ("x",)), CPU, workers=0)


@dataclasses.dataclass(frozen=True)
class Faulty:
    """A set of numbers, one of which is read only over a fault."""

    fault: str
    name: str = "faulty"
    main: str = "x"
    target: str = "x"
    files: tuple = ()
    columns = {"x": Column("value")}  # noqa: RUF012

    def __len__(self):
        return 12

    def place(self, column, index):
        return f"sample {index} of faulty"

    def read(self, index):
        if index == 7:
            match self.fault:
                case "nan":
                    return {"x": torch.tensor(float("nan"))}
                case "asked to stop":
                    signal.raise_signal(signal.SIGINT)
                    signal.raise_signal(signal.SIGTERM)
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
        return {"x": torch.tensor(float(index))}


NUMBERS = Use(("x",), ())


@pytest.mark.parametrize("workers", [0, 2])
def test_a_number_that_is_none_is_named(workers):
    with pytest.raises(RunError, match="sample 7 of faulty holds nan in the column `x`"):
        made(Faulty("nan"), torch.arange(12).split(3), workers, used=NUMBERS)


@pytest.mark.parametrize("fault", ["nan", "none"])
def test_no_worker_outlives_its_batches(fault):
    batches = prepare_stream(Faulty(fault), NUMBERS, CPU, workers=2)
    stream = batches.over(torch.arange(12).split(2), seed=0, epoch=0)
    next(stream)
    assert len(multiprocessing.active_children()) == 2
    start = time.perf_counter()
    if fault == "nan":
        with pytest.raises(RunError):
            list(stream)
    else:
        stream.close()
    assert multiprocessing.active_children() == []
    # Five seconds are what PyTorch waits for one that hangs.
    assert time.perf_counter() - start < 5


def test_signals_to_the_whole_job_are_for_the_run_to_answer():
    batches = made(Faulty("asked to stop"), torch.arange(12).split(3), 2, used=NUMBERS)
    assert torch.cat([batch.inputs[0] for batch in batches]).tolist() == list(range(12))


def test_a_worker_that_is_killed_ends_the_run_with_a_reason():
    message = r"number \d+, was ended by signal 9 \(Killed\); the system does that where memory runs out"
    start = time.perf_counter()
    with pytest.raises(RunError, match=message):
        made(Faulty("killed"), torch.arange(12).split(3), 2, used=NUMBERS)
    assert time.perf_counter() - start < 60


FULL = """
import sys, torch
from netspec.runner.data.convert import one_by_one
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.data.stream import prepare_stream
from netspec.runner.data.use import Use
from netspec.runner.errors import RunError
# Two batches of 4 MB each.
large = MemorySet("large", {"x": Column("value")}, {"x": torch.zeros(4, 500_000)}, "x", "x")
batches = prepare_stream(one_by_one(large), Use(("x",), ()), torch.device("cpu"), workers=1)
try:
    print(len(list(batches.over(torch.arange(4).split(2), seed=0, epoch=1))), "batches")
except RunError as error:
    print("RunError:", error)
"""


def run_with_shared_memory(size):
    command = f"mount -t tmpfs -o size={size} tmpfs /dev/shm && exec {sys.executable} -c '{FULL}'"
    root = os.path.dirname(os.path.dirname(netspec.__file__))
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", command],
        capture_output=True, text=True, timeout=120, env=os.environ | {"PYTHONPATH": root},
    )  # fmt: skip


def can_mount():
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_mount(), reason="only root on Linux can mount a small /dev/shm")
def test_full_shared_memory_is_said_so():
    run = run_with_shared_memory("2m")
    assert "RunError: there is no room in shared memory (/dev/shm)" in run.stdout, run.stdout + run.stderr
    assert "`workers: 0`" in run.stdout
    assert run.stderr == ""
