"""Facts of the user's own arrays, from the headers of their files.

What a column is follows from its type and shape, of one sample: numbers with a fraction are values, or an
image where there are three dimensions; bytes in three dimensions are an image, in two an image of one
channel where it is the first column, else a mask; other integers are a label, a mask (two dimensions) or
tokens.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from netspec.runner.recipe.facts import ColumnFacts, Damaged, Kind, SetFacts
from netspec.runner.recipe.npy import Array, NotAnArray, read_arrays
from netspec.runner.recipe.records import Component

OWN_ARGUMENTS = ("file", "rows")
# A pixel with this number is not judged.
IGNORED = 255


def array_facts(data: Component) -> SetFacts | None:
    """None where a file is not there to look at. The first column is the main one, the last the target."""
    arrays = _arrays(data)
    if arrays is None:
        return None
    if not arrays:
        raise Damaged(
            "`Arrays` has no column",
            "give each a name and a file: `Arrays: {image: x.npy, label: y.npy}`",
        )
    count = _count(arrays, data)
    columns = {name: _column(name, array, not place) for place, (name, array) in enumerate(arrays.items())}
    names = tuple(columns)
    return SetFacts(columns, names[0], names[-1] if len(names) > 1 else None, count)


def _arrays(data: Component) -> dict[str, Array] | None:
    """The array of each column; None where a file is missing."""
    found: dict[str, Array] = {}
    for argument, value in data.arguments.items():
        if argument == "rows" or value is None:
            continue
        path = Path(value)
        try:
            inside = read_arrays(path)
        except NotAnArray as fault:
            raise Damaged(
                f"`{path}` cannot be a column: {fault}", "give an .npy or .npz file", argument
            ) from None
        except (OSError, zipfile.BadZipFile):
            return None
        if argument == "file":
            found |= {name or path.stem: array for name, array in inside.items()}
        elif "" in inside:
            found[argument] = inside[""]
        else:
            raise Damaged(
                f"`{path}` holds {len(inside)} arrays, and a column is one",
                f"write `file: {path}`: each of them is a column then",
                argument,
            )
    return found


def _count(arrays: dict[str, Array], data: Component) -> int:
    counts = {}
    for name, array in arrays.items():
        if not array.shape:
            raise Damaged(
                f"`{name}` is a single number, and a column has one for each sample", "save an array", name
            )
        counts[name] = array.shape[0]
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"`{name}` has {count:,}" for name, count in counts.items())
        raise Damaged(f"columns have a sample in each row, but {listed}", "give files of one length")
    (count,) = set(counts.values())
    if data.arguments["rows"] is None:
        return count
    first, end = data.arguments["rows"]
    if not first < end <= count:
        raise Damaged(
            f"`rows` is [{first}, {end}], but the columns have {count:,} rows",
            f"give the first row and the one behind the last: `[0, {count}]`",
            "rows",
        )
    return int(end - first)


def _column(name: str, array: Array, first: bool) -> ColumnFacts:
    shape = array.shape[1:]
    kind = kind_of(array.type, len(shape), first=first)
    if kind == "image" and len(shape) == 2:
        shape = (1, *shape)
    if kind not in ("label", "mask", "tokens") or array.numbers is None:
        return ColumnFacts(kind, shape)
    numbers = array.numbers - {IGNORED} if kind == "mask" else array.numbers
    if min(numbers, default=0) < 0:
        raise Damaged(
            f"`{name}` holds the number {min(numbers)}, and classes are numbered from 0",
            "number the classes from 0; save what is no class number with a fraction (float32)",
            name,
        )
    return ColumnFacts(kind, shape, max(numbers, default=0) + 1, exact=False)


def kind_of(type: str, rank: int, *, first: bool) -> Kind:
    """What a column holds, by its type (`u1`, `f4`, ...) and the number of a sample's dimensions.

    >>> kind_of("u1", 2, first=True), kind_of("u1", 2, first=False), kind_of("i8", 0, first=False)
    ('image', 'mask', 'label')
    """
    if type[0] == "f":
        return "image" if rank == 3 else "value"
    if type == "u1" and (rank == 3 or (rank == 2 and first)):
        return "image"
    return {0: "label", 2: "mask"}.get(rank, "tokens")  # type: ignore[return-value]
