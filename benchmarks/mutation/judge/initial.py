"""`init`: the functions of torch.nn.init that fill tensors, run by PyTorch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
import torchvision.ops
from torch import nn

from benchmarks.mutation.judge.arguments import bound, split
from benchmarks.mutation.judge.reading import Breach


def initialise(tensor: torch.Tensor, data: Any, names: Mapping[str, Any]) -> None:
    """`zeros_` or `{normal_: {std: 0.02}}` on a tensor; nothing where none is given."""
    if data is None:
        return
    name, arguments = data, None
    if isinstance(data, dict) and len(data) == 1:
        ((name, arguments),) = data.items()
    function = getattr(nn.init, name, None) if isinstance(name, str) and name.endswith("_") else None
    if function is None:
        raise Breach(f"no function of torch.nn.init is {data!r}")
    if "fan_" in str(arguments):
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(tensor)
        names = {**names, "fan_in": fan_in, "fan_out": fan_out}
    positional, keywords = split(arguments, names)
    positional, keywords = bound(function, [tensor, *positional], keywords, lambda op, _: op)
    function(*positional, **keywords)


def run_init(module: nn.Module, entries: Mapping[str, Any], names: Mapping[str, Any], blocks: Any) -> None:
    """Every module, and every tensor that is named by its path, by the last entry that matches."""
    used = set()
    for path, each in module.named_modules():
        matching = [key for key in entries if _matches(key, path, each)]
        used.update(matching)
        if matching:
            _fill(each, entries[matching[-1]], names)
    for path, tensor in module.named_parameters():
        matching = [key for key in entries if _is_path(key, path)]
        used.update(matching)
        if matching:
            initialise(tensor, entries[matching[-1]], names)
    for key in entries.keys() - used:
        kind = getattr(nn, key, None) or getattr(torchvision.ops, key, None)
        if not isinstance(kind, type) and key not in blocks:
            raise Breach(f"`init` names {key}, which is nothing here")


def _fill(module: nn.Module, tensors: Any, names: Mapping[str, Any]) -> None:
    if not isinstance(tensors, dict):
        raise Breach(f"{tensors!r} names no tensors")
    for name, data in tensors.items():
        if name not in module._parameters and name not in module._buffers:
            raise Breach(f"{type(module).__name__} has no {name}")
        tensor = getattr(module, name)
        if tensor is not None:
            initialise(tensor, data, names)


def _matches(key: str, path: str, module: nn.Module) -> bool:
    kinds = {kind.__name__ for kind in type(module).__mro__} - {"Module"}
    written = getattr(module, "written", None)
    return (
        key in kinds or (written is not None and written.name == key) or (path != "" and _is_path(key, path))
    )


def _is_path(key: str, path: str) -> bool:
    pattern = re.escape(key).replace(r"\*\*", ".+").replace(r"\*", r"[^.]+")
    return re.fullmatch(pattern, path) is not None
