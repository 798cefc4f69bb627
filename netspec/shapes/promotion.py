"""Which dtype a computation over several operands has: PyTorch's type promotion, over dtype names.

Operands fall in three ranks of priority: tensors with dimensions, 0-d tensors, Python numbers. A
lower rank decides only if its category (boolean, integer, floating point, complex) is a higher one.
Source: "Type promotion" in the PyTorch documentation (tensor attributes); tests hold the table to
`torch.promote_types` and `torch.result_type`.

>>> promote("int64", "float16"), promote("float16", "bfloat16"), promote("uint8", "int8")
('float16', 'float32', 'int16')
>>> from netspec.shapes.dims import const
>>> result_dtype([Tensor((const(3),), "int32"), 2.5])
'float32'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import reduce
from typing import TypeAlias

from netspec.shapes.dims import Dim
from netspec.shapes.values import Integer, Tensor

__all__ = [
    "DEFAULT_FLOAT",
    "DTYPES",
    "Operand",
    "category",
    "is_complex",
    "is_floating",
    "is_integral",
    "number_dtype",
    "promote",
    "real_of",
    "result_dtype",
    "to_floating",
]

Operand: TypeAlias = Tensor | Integer | Dim | bool | int | float | complex

DEFAULT_FLOAT = "float32"

_SIGNED = ("int8", "int16", "int32", "int64")
_WIDE_UNSIGNED = ("uint16", "uint32", "uint64")
_UNSIGNED = ("uint8", *_WIDE_UNSIGNED)
_HALVES = ("float16", "bfloat16")
_FLOATS = (*_HALVES, "float32", "float64")
_SMALL_FLOATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
_COMPLEXES = ("complex32", "complex64", "complex128")

DTYPES = ("bool", *_UNSIGNED, *_SIGNED, *_FLOATS, *_SMALL_FLOATS, *_COMPLEXES)

_REAL_OF = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_COMPLEX_OF = {
    "float16": "complex32",
    "bfloat16": "complex64",
    "float32": "complex64",
    "float64": "complex128",
}
# These mix with few others: a small float with none, a wide unsigned integer with floats alone.
_RECLUSES = (*_SMALL_FLOATS, *_WIDE_UNSIGNED)


def category(dtype: str) -> int:
    """0 boolean, 1 integer, 2 floating point, 3 complex."""
    if dtype == "bool":
        return 0
    if dtype in _COMPLEXES:
        return 3
    return 1 if dtype in _SIGNED or dtype in _UNSIGNED else 2


def is_floating(dtype: str | None) -> bool:
    return dtype is not None and category(dtype) == 2


def is_complex(dtype: str | None) -> bool:
    return dtype is not None and category(dtype) == 3


def is_integral(dtype: str | None) -> bool:
    """Whether a dtype holds integers; booleans count as such."""
    return dtype is not None and category(dtype) < 2


def real_of(dtype: str | None) -> str | None:
    """The dtype of a complex number's parts; a real dtype itself."""
    return dtype if dtype is None else _REAL_OF.get(dtype, dtype)


def to_floating(dtype: str | None) -> str | None:
    """The dtype of a floating-point function of one operand: integers become float32."""
    return DEFAULT_FLOAT if is_integral(dtype) else dtype


def promote(a: str, b: str) -> str | None:
    """The smallest dtype that both fit, as `torch.promote_types`; None where PyTorch refuses."""
    if a == b:
        return a
    low, high = sorted((a, b), key=category)
    if low in _RECLUSES or high in _RECLUSES:
        return high if low in _WIDE_UNSIGNED and high in _FLOATS else None
    if category(low) != category(high):
        if category(high) == 3 and category(low) == 2:
            return _widest(_COMPLEXES, _COMPLEX_OF[low], high)
        return high
    match category(low):
        case 1:
            return _promote_integers(low, high)
        case 2:
            return "float32" if low in _HALVES and high in _HALVES else _widest(_FLOATS, low, high)
    return _widest(_COMPLEXES, low, high)


def _promote_integers(a: str, b: str) -> str:
    """`uint8` fits the next wider signed dtype."""
    if a in _SIGNED and b in _SIGNED:
        return _widest(_SIGNED, a, b)
    other = b if a == "uint8" else a
    return "int16" if other == "int8" else other


def _widest(order: tuple[str, ...], a: str, b: str) -> str:
    return max(a, b, key=order.index)


def number_dtype(number: Integer | Dim | bool | int | float | complex) -> str:
    """The dtype that a Python number stands for."""
    match number:
        case bool():
            return "bool"
        case Integer() | Dim() | int():
            return "int64"
        case float():
            return DEFAULT_FLOAT
    return "complex64"


def result_dtype(operands: Iterable[Operand]) -> str | None:
    """The dtype of an elementwise computation, as `torch.result_type`.

    None where it is not known: an operand's dtype or rank is unknown and matters.
    """
    known = list(operands)
    if any(isinstance(operand, Tensor) and operand.dtype is None for operand in known):
        return None
    unranked = [o for o in known if isinstance(o, Tensor) and o.shape is None]
    answers = {
        _result(known, dict(zip(map(id, unranked), scalars, strict=True)))
        for scalars in itertools.product((False, True), repeat=len(unranked))
    }
    return answers.pop() if len(answers) == 1 else None


def _result(operands: list[Operand], scalar: dict[int, bool]) -> str | None:
    """`scalar` says of each tensor of unknown rank whether it is taken to be 0-d."""
    by_priority: tuple[list[str], list[str], list[str]] = ([], [], [])
    for operand in operands:
        if not isinstance(operand, Tensor):
            by_priority[2].append(number_dtype(operand))
        elif operand.dtype is not None:
            is_scalar = scalar[id(operand)] if operand.shape is None else not operand.shape
            by_priority[1 if is_scalar else 0].append(operand.dtype)
    try:
        full, scalars, numbers = (_promote_all(dtypes) for dtypes in by_priority)
        return _combine(full, _combine(scalars, numbers))
    except LookupError:
        return None


def _promote_all(dtypes: list[str]) -> str | None:
    return reduce(_promote_or_fail, dtypes) if dtypes else None


def _promote_or_fail(a: str, b: str) -> str:
    result = promote(a, b)
    if result is None:
        raise LookupError(f"{a} and {b} have no common dtype")
    return result


def _combine(high: str | None, low: str | None) -> str | None:
    """The dtype of operands of a high priority, given what those of a lower one came to."""
    if high is None or low is None:
        return high or low
    if category(high) >= category(low):
        return high
    if category(low) == 3 and category(high) == 2:
        if high == "bfloat16":
            raise LookupError("complex64 or bcomplex32: PyTorch's releases differ")
        return _COMPLEX_OF[high]
    return _promote_or_fail(high, low)
