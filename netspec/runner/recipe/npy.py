"""NumPy files read without NumPy: the header of an array, and the integers of a small one.

The format is that of numpy.lib.format, versions 1 to 3: a magic text, the version, the header's length, a
Python literal, the values.
"""

from __future__ import annotations

import ast
import struct
import zipfile
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_MAGIC = b"\x93NUMPY"
# Reading larger arrays takes longer than checking should.
_MOST_BYTES = 64 * 2**20
_INTEGERS = {
    "b1": "B",
    "u1": "B",
    "i1": "b",
    "u2": "H",
    "i2": "h",
    "u4": "I",
    "i4": "i",
    "u8": "Q",
    "i8": "q",
}


class NotAnArray(Exception):
    """What is wrong with a file."""


@dataclass(frozen=True, slots=True)
class Array:
    """The shape and type of an array (`u1`, `f4`, `i8`, ...), and the integers that occur in it, of a small
    one with integers."""

    shape: tuple[int, ...]
    type: str
    numbers: frozenset[int] | None = None

    @property
    def is_float(self) -> bool:
        return self.type[0] == "f"


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an .npz file by name, or the one of an .npy file under the name "". OSError where it
    cannot be read, `NotAnArray` where it is something else."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return {"": _read(file)}
    with zipfile.ZipFile(path) as archive:
        found = {}
        for name in archive.namelist():
            with archive.open(name) as file:
                found[name.removesuffix(".npy")] = _read(file)
        return found


def _read(file: IO[bytes]) -> Array:
    start = file.read(8)
    if len(start) < 8 or not start.startswith(_MAGIC):
        raise NotAnArray("it is no NumPy array")
    size, form = (2, "<H") if start[6] == 1 else (4, "<I")
    (length,) = struct.unpack(form, _exactly(file, size))
    try:
        header = ast.literal_eval(_exactly(file, length).decode("utf-8"))
        descr, shape = header["descr"], tuple(header["shape"])
    except (ValueError, SyntaxError, KeyError, TypeError):
        raise NotAnArray("its header is damaged") from None
    if not isinstance(descr, str) or descr[1:2] not in ("f", "i", "u", "b"):
        raise NotAnArray(f"it holds {descr}, and only numbers can be learnt from")
    if not all(type(each) is int for each in shape):
        raise NotAnArray("its header is damaged")
    return Array(shape, descr[1:], _numbers(file, descr, shape))


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise NotAnArray("it is cut short")
    return data


def _numbers(file: IO[bytes], descr: str, shape: tuple[int, ...]) -> frozenset[int] | None:
    code = _INTEGERS.get(descr[1:])
    count = 1
    for size in shape:
        count *= size
    # Pictures are bytes too; what occurs in them says nothing.
    if code is None or descr[0] == ">" or len(shape) > 3 or count * int(descr[2:]) > _MOST_BYTES:
        return None
    values = array(code)
    values.frombytes(_exactly(file, count * int(descr[2:])))
    return frozenset(values)
