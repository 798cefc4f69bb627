"""The arguments of PyTorch's own function tests bind without a problem."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from netspec.catalog.bind import Typed, bind
from netspec.catalog.load import ops

pytestmark = pytest.mark.torch

DROPPED = {"device", "layout", "requires_grad", "pin_memory", "memory_format", "generator", "out"}
# Ops with a sample that a spec cannot write, and why.
UNWRITABLE = {
    "arange": "a range over booleans",
    "normal": "numbers in place of tensors make a random tensor from nothing",
    "to": "`device` and `non_blocking`",
    "linear_cross_entropy": "`options` is an object of Python",
}


def as_given(value: Any) -> object:
    """A Python argument as binding sees it in a spec."""
    import torch

    match value:
        case torch.Tensor():
            return Typed("tensor")
        case torch.dtype():
            return str(value).removeprefix("torch.")
        case list() | tuple():
            return [as_given(item) for item in value]
        case _ if callable(value):
            return Typed("callable")
    return value


def samples(info: Any) -> list[tuple[list[object], dict[str, object]]]:
    """Up to 30 samples of an op, as positional and keyword arguments; complex numbers left out."""
    import torch

    dtype = torch.float32 if torch.float32 in info.dtypes else min(info.dtypes, key=str)
    found = []
    for sample in itertools.islice(info.sample_inputs("cpu", dtype), 30):
        if any(isinstance(value, complex) for value in (*sample.args, *sample.kwargs.values())):
            continue
        keywords = {key: as_given(value) for key, value in sample.kwargs.items() if key not in DROPPED}
        found.append(([as_given(sample.input), *map(as_given, sample.args)], keywords))
    return found


@pytest.mark.filterwarnings("ignore")
def test_the_samples_of_op_db_bind() -> None:
    from torch.testing._internal.common_methods_invocations import op_db

    bound, names, refused = 0, set(), []
    for info in op_db:
        space, _, name = info.name.rpartition(".")
        op = ops().get(name)
        if op is None or not info.dtypes or (space == "nn.functional") != op.source.startswith("F."):
            continue
        if space not in ("", "nn.functional") or name in UNWRITABLE:
            continue
        for positional, keywords in samples(info):
            binding = bind(name, op.signatures, positional, keywords, variadic=op.variadic)
            bound += 1
            names.add(name)
            refused += [(name, positional, keywords, problem.message) for problem in binding.problems]
    print(f"{bound} samples of {len(names)} functions")
    assert refused == []
    assert bound > 3000
    assert len(names) > 300
