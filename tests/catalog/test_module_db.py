"""Every constructor call of PyTorch's own module tests binds without a problem."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.catalog.bind import Typed, bind
from netspec.catalog.load import ops

pytestmark = pytest.mark.torch

# Arguments of PyTorch's samples that a spec has no word for: `options` is an object of Python, the other is
# private.
UNKNOWN = {"options", "_random_samples"}


def as_given(value: Any) -> object:
    """A Python argument as binding sees it in a spec."""
    import torch

    match value:
        case torch.Tensor():
            return Typed("tensor")
        case torch.nn.Module():
            return Typed("module")
        case list() | tuple():
            return [as_given(item) for item in value]
        case _ if callable(value):
            return Typed("callable")
    return value


@pytest.mark.filterwarnings("ignore")
def test_every_sample_of_module_db_binds() -> None:
    import torch
    from torch.testing._internal.common_modules import module_db

    bound, classes, refused = 0, set(), []
    for info in module_db:
        name = info.module_cls.__name__
        op = ops().get(name)
        if op is None or info.module_cls.__module__.split(".")[:3] != ["torch", "nn", "modules"]:
            continue
        for sample in info.module_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
        ):
            given = sample.constructor_input
            keywords = {
                key: as_given(value) for key, value in given.kwargs.items() if key not in ("device", "dtype")
            }
            if UNKNOWN & keywords.keys():
                continue
            binding = bind(name, op.signatures, [as_given(value) for value in given.args], keywords)
            bound += 1
            classes.add(name)
            refused += [(name, given.args, given.kwargs, problem.message) for problem in binding.problems]
    print(f"{bound} samples of {len(classes)} classes")
    assert refused == []
    assert bound > 500
    assert len(classes) > 100
