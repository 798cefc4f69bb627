"""A state of dicts, lists, numbers and tensors <-> the bytes of one safetensors file. No pickle.

Tensors are stored as such; the structure around them is JSON in the file's metadata, where each tensor
is `{"tensor": NAME}`. Optimizers have integers as keys and schedulers tuples, which JSON lacks: they
become `{"items": [[key, value], ...]}` and `{"tuple": [...]}`.

>>> from netspec.runner.state import from_bytes, to_bytes
>>> from_bytes(to_bytes({"step": 3, "state": {0: (1.5, None)}}))
{'step': 3, 'state': {0: (1.5, None)}}
"""

from __future__ import annotations

import json
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

_KEY = "state"


class StateError(ValueError):
    """The bytes hold no state."""


def to_bytes(state: Any) -> bytes:
    """The file's content; equal states give equal bytes. TypeError for what is neither plain nor a tensor."""
    tensors: dict[str, Tensor] = {}
    structure = json.dumps(_packed(state, "", tensors), separators=(",", ":"))
    # One entry of metadata, since safetensors writes several in random order.
    return safetensors.torch.save(tensors, metadata={_KEY: structure})


def from_bytes(data: bytes) -> Any:
    """The state of such a file, its tensors on the CPU. StateError where it is none."""
    try:
        tensors = safetensors.torch.load(data)
        return _unpacked(json.loads(_metadata(data)), tensors)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise StateError(f"this is no state of a run: {error}") from error


def _metadata(data: bytes) -> str:
    """The structure, from the header: 8 bytes of length (little-endian), then JSON, as safetensors has it."""
    length = int.from_bytes(data[:8], "little")
    text: str = json.loads(data[8 : 8 + length])["__metadata__"][_KEY]
    return text


def _packed(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    match value:
        case Tensor():
            # A copy: safetensors refuses tensors that share memory.
            tensors[name] = value.detach().cpu().contiguous().clone()
            return {"tensor": name}
        case dict():
            return {
                "items": [
                    [key, _packed(each, f"{name}.{key}".lstrip("."), tensors)] for key, each in value.items()
                ]
            }
        case tuple():
            return {"tuple": [_packed(each, f"{name}.{i}", tensors) for i, each in enumerate(value)]}
        case list():
            return [_packed(each, f"{name}.{i}", tensors) for i, each in enumerate(value)]
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"a state cannot hold {type(value).__name__}, at {name!r}")


def _unpacked(packed: Any, tensors: dict[str, Tensor]) -> Any:
    match packed:
        case {"tensor": name}:
            return tensors[name]
        case {"items": items}:
            return {key: _unpacked(each, tensors) for key, each in items}
        case {"tuple": items}:
            return tuple(_unpacked(each, tensors) for each in items)
        case list():
            return [_unpacked(each, tensors) for each in packed]
    return packed
