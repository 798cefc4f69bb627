"""Outcomes of checks on disk, so that what has not changed is not checked again.

An outcome is filed under a digest of everything that it depends on: the text and its path, the params,
and netspec itself with its catalog. A cache that is damaged, or that cannot be written, costs time and
nothing else. Files are written under a temporary name first, so that processes may share a cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from netspec.diagnostics import Source
from netspec.errors import NetspecError
from netspec.project.baseline import replace_file
from netspec.project.cache_entry import Entry, decode, encode

_MOST_ENTRIES = 20_000
_MOST_AGE = 30 * 24 * 3600.0  # seconds


class Store(Protocol):
    """Where outcomes are kept."""

    def get(self, key: str, main: Source) -> Entry | None: ...

    def put(self, key: str, main: Source, entry: Entry) -> None: ...


class Memory:
    """Outcomes of this process, before those of a store behind it."""

    def __init__(self, behind: Store | None) -> None:
        self._behind = behind
        self._entries: dict[str, Entry] = {}

    def get(self, key: str, main: Source) -> Entry | None:
        if key in self._entries or self._behind is None:
            return self._entries.get(key)
        return self._behind.get(key, main)

    def put(self, key: str, main: Source, entry: Entry) -> None:
        self._entries[key] = entry
        if self._behind is not None:
            self._behind.put(key, main, entry)


class Disk:
    """Outcomes in a folder, which has a folder for each version of netspec in it."""

    def __init__(self, folder: Path) -> None:
        self._all = folder
        self._folder = folder / tool_digest()[:24]
        self._writable: bool | None = None

    def get(self, key: str, main: Source) -> Entry | None:
        try:
            with open(f"{self._folder}/{key}", "rb") as file:
                return decode(file.read(), main)
        except OSError:
            return None

    def put(self, key: str, main: Source, entry: Entry) -> None:
        if self._writable is None:
            self._writable = self._prepare()
        if self._writable:
            try:
                replace_file(self._folder / key, encode(entry, main))
            except NetspecError:
                self._writable = False

    def _prepare(self) -> bool:
        """Make the folder, and clear away what is old; whether there is one now."""
        try:
            if self._folder.is_dir():
                self._forget_old()
            elif self._all.is_dir():
                self._remove_old()
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return True

    def _forget_old(self) -> None:
        """Entries that were written long ago go, and all of them where there are too many."""
        with os.scandir(self._folder) as found:
            entries = list(found)
        if len(entries) > _MOST_ENTRIES:
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        for each in entries:
            # Another process may forget the same entries.
            with suppress(FileNotFoundError):
                if time.time() - each.stat().st_mtime > _MOST_AGE:
                    os.unlink(each.path)

    def _remove_old(self) -> None:
        """What other versions left and nobody has added to for long. Only folders with names as we give
        them are touched: the folder may be the user's own."""
        for each in self._all.iterdir():
            ours = len(each.name) == 24 and not set(each.name) - set("0123456789abcdef") and each.is_dir()
            if ours and time.time() - each.stat().st_mtime > _MOST_AGE:
                shutil.rmtree(each, ignore_errors=True)


def default_folder() -> Path:
    """`NETSPEC_CACHE_DIR`, or the place that the platform has for caches."""
    given = os.environ.get("NETSPEC_CACHE_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "netspec" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "netspec"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netspec"


def tool_digest() -> str:
    """What netspec's own part of an outcome depends on: its files, with the catalog, their sizes and times,
    the Python that runs it, and the packages that it reads specs with. No file is opened."""
    found = hashlib.sha256(f"{sys.version} {sys.platform}".encode())
    for package in ("netspec", "yaml", "pydantic"):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        names = [spec.origin] if package != "netspec" else _files(os.path.dirname(spec.origin))
        for name in names:
            facts = os.stat(name)
            found.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _files(folder: str) -> list[str]:
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        names += [os.path.join(parent, name) for name in sorted(files)]
    return names
