"""Values that the checks promise, beside those that PyTorch makes: `made` builds one like a promise,
`agrees` compares, for given sizes of the symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from netspec.shapes.dims import Dim
from netspec.shapes.values import (
    DictOf,
    Integer,
    ListOf,
    Nothing,
    Tensor,
    TupleOf,
    Unknown,
    Value,
    shape_text,
)


class Unmade(Exception):
    """A value of which the checks know too little to make one like it."""


def made(value: Value, sizes: Mapping[str, int]) -> Any:
    """A value of the promised kind on the meta device. Raises `Unmade`."""
    match value:
        case Tensor(shape=shape, dtype=dtype) if shape is not None and dtype is not None:
            return torch.empty(
                [_number(size, sizes) for size in shape], dtype=getattr(torch, dtype), device="meta"
            )
        case TupleOf(items=items):
            return tuple(made(item, sizes) for item in items)
        case ListOf(items=items):
            return [made(item, sizes) for item in items]
        case DictOf(items=pairs):
            return {key: made(item, sizes) for key, item in pairs}
        case Integer(size=size):
            return _number(size, sizes)
        case Nothing():
            return None
    raise Unmade


def _number(size: Dim, sizes: Mapping[str, int]) -> int:
    if any(each.name not in sizes for each in size.symbols):
        raise Unmade
    return size.evaluate(sizes)


def agrees(promised: Value, result: Any, sizes: Mapping[str, int]) -> bool:
    """Whether a result is what was promised; of what is unknown nothing was."""
    match promised, result:
        case Unknown(), _:
            return True
        case Tensor(), torch.Tensor():
            return _same(promised, result, sizes)
        case ((TupleOf() | ListOf()), (tuple() | list())):
            return len(promised.items) == len(result) and all(
                agrees(item, part, sizes) for item, part in zip(promised.items, result, strict=True)
            )
        case DictOf(), dict():
            return [key for key, _ in promised.items] == list(result) and all(
                agrees(item, result[key], sizes) for key, item in promised.items
            )
        case Nothing(), None:
            return True
        case Integer(), int():
            return agrees(Tensor((promised.size,)), torch.empty(result, device="meta"), sizes)
    return False


def _same(promised: Tensor, result: torch.Tensor, sizes: Mapping[str, int]) -> bool:
    if promised.dtype not in (None, _dtype(result)):
        return False
    if promised.shape is None:
        return True
    if len(promised.shape) != result.dim():
        return False
    known = [all(each.name in sizes for each in size.symbols) for size in promised.shape]
    return all(
        not sure or size.evaluate(sizes) == number
        for sure, size, number in zip(known, promised.shape, result.shape, strict=True)
    )


def _dtype(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def described(result: Any) -> str:
    """A result of PyTorch as messages show values."""
    match result:
        case torch.Tensor():
            return f"{_dtype(result)} {list(result.shape)}"
        case tuple() | list():
            return f"({', '.join(map(described, result))})"
        case dict():
            return "{" + ", ".join(f"{key}: {described(each)}" for key, each in result.items()) + "}"
    return str(result)


def text(promised: Value, sizes: Mapping[str, int]) -> str:
    """A promise with its sizes as numbers, where they are known."""
    match promised:
        case Tensor(shape=shape, dtype=dtype) if shape is not None:
            known = {each.name for size in shape for each in size.symbols} <= set(sizes)
            numbers = [size.evaluate(sizes) for size in shape] if known else shape_text(shape)
            return f"{dtype or 'any dtype'} {numbers}"
        case TupleOf(items=items) | ListOf(items=items):
            return f"({', '.join(text(item, sizes) for item in items)})"
    return str(promised)
