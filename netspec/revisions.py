"""Files as they were in a git revision: `HEAD~1:specs/net.yaml`, with everything that it `use`s.

Git is asked for each file; nothing is checked out.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netspec.errors import NetspecError


@dataclass(frozen=True, slots=True)
class Revision:
    """A file in a revision. `path` is where it lies in the working tree, `commit` the full name of the
    revision, `root` the folder of the repository."""

    path: str
    commit: str
    root: str

    @property
    def contents(self) -> Mapping[str, bytes]:
        """What stands in for the files of the repository, by their real paths."""
        return _Contents(self.root, self.commit)


def revision(name: str) -> Revision | None:
    """What `REVISION:PATH` means; None for any other path. NetspecError where git knows no such file."""
    where, colon, path = name.partition(":")
    if not colon or not where or not path or os.path.exists(name):
        return None
    root = _git(".", "rev-parse", "--show-toplevel")
    if root is None:
        return None
    commit = _git(".", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{where}^{{commit}}")
    if commit is None:
        raise NetspecError(f"{name}: git knows no revision {where}")
    folder = os.fsdecode(root)
    # As git reads it: from the top of the repository, or, with `./`, from here.
    place = os.path.realpath(path) if path.startswith(("./", "../")) else os.path.join(folder, path)
    found = Revision(os.path.normpath(place), os.fsdecode(commit), folder)
    try:
        found.contents[os.path.realpath(found.path)]
    except (KeyError, FileNotFoundError):
        raise NetspecError(f"{name}: the revision has no such file") from None
    return found


class _Contents(Mapping[str, bytes]):
    """The files of a revision, read when they are asked for."""

    def __init__(self, root: str, commit: str) -> None:
        self.root = root
        self.commit = commit

    def __getitem__(self, path: str) -> bytes:
        inner = os.path.relpath(path, os.path.realpath(self.root))
        if inner.startswith(os.pardir):
            raise KeyError(path)
        data = _git(self.root, "cat-file", "blob", f"{self.commit}:{inner.replace(os.sep, '/')}", strip=False)
        if data is None:
            # The file of today must not stand in for one that was not there.
            raise FileNotFoundError(2, f"no such file in {self.commit[:10]}")
        return data

    def __iter__(self) -> Iterator[str]:
        listed = _git(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit) or b""
        names = filter(None, listed.split(b"\0"))
        return (os.path.join(os.path.realpath(self.root), os.fsdecode(name)) for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True


def _git(folder: str, *arguments: str, strip: bool = True) -> bytes | None:
    """What git answers; None where it refuses, or is not installed."""
    try:
        run = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    if run.returncode != 0:
        return None
    return run.stdout.strip() if strip else run.stdout
