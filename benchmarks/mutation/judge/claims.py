"""`assert`: what a module says of what it returns, and of the number of its parameters."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from benchmarks.mutation.judge.arguments import value_of
from benchmarks.mutation.judge.expressions import evaluate
from benchmarks.mutation.judge.reading import Breach

_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}


def check_claims(claims: Any, module: nn.Module, returned: Any, names: Mapping[str, Any]) -> None:
    """Breach where the returned tensors, or the parameters, are not what `assert` says."""
    if not isinstance(claims, dict):
        return
    claimed = claims.get("output")
    if isinstance(claimed, dict) and claimed and claimed.keys() <= {"train", "eval"}:
        claimed = claimed.get("train" if module.training else "eval", "_")
    if claimed is not None:
        _returned(claimed, returned, names)
    for each in _listed(claims.get("params")):
        _counted(str(each), sum(tensor.numel() for tensor in module.parameters()), names)


def _listed(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [] if data is None else [data]


def _returned(claimed: Any, value: Any, names: Mapping[str, Any]) -> None:
    if claimed == "_":
        return
    if isinstance(claimed, dict) and "shape" not in claimed:
        parts = list(value.values()) if isinstance(value, dict) else list(value)
        for part, each in zip(claimed.values(), parts, strict=True):
            _returned(part, each, names)
        return
    if isinstance(claimed, list) and any(isinstance(item, list | dict) for item in claimed):
        for part, each in zip(claimed, value, strict=True):
            _returned(part, each, names)
        return
    shape = claimed["shape"] if isinstance(claimed, dict) else claimed
    if not isinstance(value, torch.Tensor) or not isinstance(shape, list) or "..." in shape:
        return
    wanted = [_size(item, names) for item in shape]
    if len(wanted) != value.dim() or any(
        w not in (None, s) for w, s in zip(wanted, value.shape, strict=True)
    ):
        raise Breach(f"the output is {list(value.shape)}, and `assert` says {shape}")


def _size(item: Any, names: Mapping[str, Any]) -> int | None:
    if item == "_":
        return None
    if isinstance(item, str) and "$" not in item:
        item = evaluate(item, names)
    size = value_of(item, names)
    return size if isinstance(size, int) else None


def _counted(claim: str, count: int, names: Mapping[str, Any]) -> None:
    found = re.fullmatch(r"(<=|>=|==|<|>)?\s*(.*)", claim.strip(), re.DOTALL)
    assert found is not None
    bound = value_of(found[2], names) if "$" in found[2] else found[2].replace("_", "")
    if isinstance(bound, str):
        if not re.fullmatch(r"[0-9.]+", bound):
            return  # with a unit, which is no equation
        bound = float(bound)
    if not _HOLDS[found[1] or "=="](count, bound):
        raise Breach(f"{count} parameters, and `assert` says {claim}")
