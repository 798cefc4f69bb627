"""The header of a safetensors file, read without torch and without its tensors, and trusted in nothing.

Eight bytes hold the length of a JSON object; it has a dtype, a shape and a range of bytes for each tensor,
and texts under `__metadata__`; the tensors follow (https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from netspec.errors import SafeFileError

MOST_HEADER = 25_000_000  # bytes
_MOST_DIMENSIONS = 64
DTYPES = {
    "BOOL": ("bool", 1),
    "U8": ("uint8", 1),
    "I8": ("int8", 1),
    "U16": ("uint16", 2),
    "I16": ("int16", 2),
    "U32": ("uint32", 4),
    "I32": ("int32", 4),
    "U64": ("uint64", 8),
    "I64": ("int64", 8),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "F32": ("float32", 4),
    "F64": ("float64", 8),
    "C64": ("complex64", 8),
}
"""The name of a dtype in the file -> its name in PyTorch, and the bytes of one value."""

# How files begin that are taken for safetensors.
_OTHERS = {
    b"PK\x03\x04": "a zip archive, as `torch.save` writes, and not safetensors",
    b"\x80\x02": "a pickle, and not safetensors; pickles run code when they are loaded",
    b"\x80\x03": "a pickle, and not safetensors; pickles run code when they are loaded",
    b"\x80\x04": "a pickle, and not safetensors; pickles run code when they are loaded",
    b"\x80\x05": "a pickle, and not safetensors; pickles run code when they are loaded",
    b"\x89HDF": "an HDF5 file, and not safetensors",
    b"GGUF": "a GGUF file, and not safetensors",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as the header declares it; `dtype` as PyTorch names it."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file declares. `raw` is the JSON itself, `end` where the tensors begin, in bytes."""

    tensors: Mapping[str, Stored]
    metadata: Mapping[str, str]
    raw: bytes

    @property
    def end(self) -> int:
        return 8 + len(self.raw)


def read_header(file: BinaryIO, size: int, shown: str) -> Header:
    """The header of a file of `size` bytes; SafeFileError where it contradicts itself or the file."""
    start = file.read(8)
    # The length of a header may begin with the bytes of a pickle; behind it stands a mapping.
    if file.read(1) != b"{":
        for magic, what in _OTHERS.items():
            if start.startswith(magic):
                fail(shown, f"is {what}")
    file.seek(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > MOST_HEADER:
        fail(shown, "is no safetensors file, or its beginning is damaged")
    if 8 + length > size:
        fail(shown, f"is cut off: its header alone has {length:,} bytes, and the file {size:,}")
    raw = file.read(length)
    content = _json(raw, shown)
    metadata = _metadata(content.pop("__metadata__", {}), shown)
    tensors: dict[str, Stored] = {}
    ranges: list[tuple[int, int]] = []
    for name, entry in content.items():
        tensors[name], where = _tensor(name, entry, size, shown)
        ranges.append(where)
    _check_ranges(ranges, size - 8 - length, shown)
    return Header(tensors, metadata, raw)


def fail(shown: str, what: str, help: str = "") -> NoReturn:
    """SafeFileError: the file is damaged, or is none."""
    raise SafeFileError(f"{shown} {what}", help)


def _json(raw: bytes, shown: str) -> dict[str, Any]:
    try:
        content = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        fail(shown, "is damaged: its header is not JSON, or has a name twice")
    if not isinstance(content, dict):
        fail(shown, "is damaged: its header is no JSON object")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _metadata(found: Any, shown: str) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        fail(shown, "is damaged: its metadata are no texts")
    return found


def _tensor(name: str, entry: Any, size: int, shown: str) -> tuple[Stored, tuple[int, int]]:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [start, end]} if (
            len(entry) == 3
            and all(type(each) is int and 0 <= each < 2**63 for each in (*shape, start, end))
            and start <= end
            and len(shape) <= _MOST_DIMENSIONS
        ):
            if dtype not in DTYPES:
                fail(shown, f"holds `{name}` as {dtype}, which netspec does not know")
            known, width = DTYPES[dtype]
            if _product(shape, size) * width != end - start:
                fail(shown, f"is damaged: the size of `{name}` is not that of its shape {shape}")
            return Stored(known, tuple(shape)), (start, end)
    fail(shown, f"is damaged: what its header says of `{name}` is no tensor")


def _product(shape: list[int], most: int) -> int:
    """The number of values; any that is greater than `most` will do where it is too large for the file."""
    if 0 in shape:
        return 0
    found = 1
    for each in shape:
        found *= each
        if found > most:
            return most + 1
    return found


def _check_ranges(ranges: list[tuple[int, int]], size: int, shown: str) -> None:
    """Tensors lie one behind the other, and fill the file."""
    place = 0
    for start, end in sorted(ranges):
        if start != place:
            fail(shown, "is damaged: tensors overlap in it, or leave gaps")
        place = end
    if place > size:
        fail(shown, f"is cut off: {place:,} bytes of tensors are declared, and {size:,} are there")
    if place < size:
        fail(shown, f"is damaged: {size - place:,} bytes follow after the last tensor")
