"""The SHA-256 of a run's data files, so that a run that goes on notices when one has changed.

Reading and hashing take about 0.7 s for each GB of files that the system has in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from netspec.runner.errors import RunError

# Above these, a folder's files are known by name and size only.
_MOST_BYTES = 4 * 2**30
_MOST_FILES = 100_000
_LISTING = "names and sizes"


def fingerprint(paths: Iterable[Path]) -> dict[str, str]:
    """The SHA-256 of each file, by path. A folder stands for the files in it, each with its own; one of more
    than 4 GiB or 100,000 files for the list of their names and sizes. RunError for a file that cannot be
    read."""
    found: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        if not path.is_dir():
            found[str(path)] = _of_file(path)
            continue
        sizes = {each: each.stat().st_size for each in sorted(path.rglob("*")) if each.is_file()}
        if len(sizes) <= _MOST_FILES and sum(sizes.values()) <= _MOST_BYTES:
            found |= {str(each): _of_file(each) for each in sizes}
        listing = "".join(f"{each.relative_to(path).as_posix()}\0{size}\0" for each, size in sizes.items())
        found[f"{path} ({_LISTING})"] = hashlib.sha256(listing.encode()).hexdigest()
    return found


def check_unchanged(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """RunError, with the first file that is not what it was, for two fingerprints of the same data."""
    different = [path for path in (*before, *now) if before.get(path) != now.get(path)]
    if not different:
        return
    # A file says more than the list that changes with it.
    path = min(different, key=lambda each: each.endswith(f"({_LISTING})"))
    what = "is new" if path not in before else "is gone" if path not in now else "has changed"
    raise RunError(
        f"the data are not those that the run began with: {path} {what}; "
        "bring the old files back, or begin a new run"
    )


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror})") from None
