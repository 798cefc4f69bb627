"""Columns from NumPy files: `Arrays: {image: x.npy, label: y.npy}`, or all arrays of one .npz file.

What a column is follows from its type and shape (`recipe/facts_arrays.py` has the rule). An .npy file is
mapped, not read, so that it may be larger than the memory. Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.runner.data.dataset import IGNORED, Column, MemorySet
from netspec.runner.errors import RunError
from netspec.runner.recipe.facts_arrays import kind_of


def load_arrays(*, file: str | None = None, rows: tuple[int, int] | None = None, **columns: str) -> MemorySet:
    """All arrays of `file`, then one column for each keyword; `rows` are the first and the one behind the
    last. The first column is the main one, the last the target. RunError where a file cannot be read, or
    the columns differ in length."""
    paths = {name: Path(path) for name, path in columns.items()}
    found = {} if file is None else dict.fromkeys(_opened(Path(file)), Path(file))
    arrays = {name: _opened(path)[name] for name, path in found.items()}
    arrays |= {name: _only(path) for name, path in paths.items()}
    if not arrays:
        raise RunError("`Arrays` has no column: give each a name and a file")
    _check_lengths(arrays, found | paths)
    first, end = rows or (0, len(next(iter(arrays.values()))))
    values = {name: _tensor(array[first:end]) for name, array in arrays.items()}
    made = {name: _column(array, not place) for place, (name, array) in enumerate(arrays.items())}
    for name, column in made.items():
        if column.kind == "image" and values[name].dim() == 3:
            values[name] = values[name].unsqueeze(1)
    names = tuple(arrays)
    opened = MemorySet("Arrays", made, values, names[0], names[-1], found | paths, first=first)
    return _numbered(opened)


def _opened(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of an .npz file by name, or the one of an .npy file under the file's name."""
    try:
        # Copied where it is written to: PyTorch wants to be able to.
        loaded = np.load(path, mmap_mode="c", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {path.stem: loaded}
        with loaded:
            return dict(loaded.items())
    except OSError as error:
        why = error.strerror or str(error)
        raise RunError(
            f"{path} cannot be read ({why}): paths of data start where netspec is called"
        ) from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(
            f"{path} is no array that can be read ({error}): save it again with `numpy.save`"
        ) from None


def _only(path: Path) -> np.ndarray[Any, Any]:
    found = _opened(path)
    if len(found) == 1:
        return next(iter(found.values()))
    raise RunError(f"{path} holds {len(found)} arrays, and a column is one: write `file: {path}`")


def _check_lengths(arrays: dict[str, np.ndarray[Any, Any]], paths: dict[str, Path]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or not array.ndim:
            what = array.dtype if array.ndim else "a single number"
            raise RunError(f"{paths[name]} holds {what}, and a column holds numbers, row by row")
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{paths[name]} has {count:,}" for name, count in counts.items())
        raise RunError(f"columns have a sample in each row, but {listed}: give files of one length")
    if not next(iter(counts.values())):
        raise RunError(f"there are no samples in {next(iter(paths.values()))}")


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """The array as a tensor, without a copy where PyTorch knows its type."""
    if array.dtype.kind == "b":
        return torch.from_numpy(array).to(torch.uint8)
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


def _column(array: np.ndarray[Any, Any], first: bool) -> Column:
    return Column(kind_of(f"{array.dtype.kind}{array.dtype.itemsize}", array.ndim - 1, first=first))


def _numbered(opened: MemorySet) -> MemorySet:
    """With as many classes as there are numbers; RunError, with the sample, where one is negative."""
    columns = dict(opened.columns)
    for name, column in columns.items():
        if column.kind in ("image", "value"):
            continue
        values = opened.values[name]
        least, most = (int(each) for each in values.aminmax())
        if least < 0:
            index = int((values < 0).reshape(len(values), -1).any(1).int().argmax())
            raise RunError(
                f"{opened.place(name, index)} holds {least} in the column `{name}`, and classes are numbered "
                "from 0"
            )
        if column.kind == "mask" and most == IGNORED:
            judged = values[values != IGNORED]
            most = int(judged.max()) if len(judged) else 0
        columns[name] = Column(column.kind, classes=most + 1)
    return replace(opened, columns=columns)
