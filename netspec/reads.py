"""Which files a check has read, so that its outcome is known to hold for as long as they stay the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

UNREADABLE = ""
_READS: ContextVar[dict[str, str] | None] = ContextVar("reads", default=None)


@contextmanager
def recorded() -> Iterator[dict[str, str]]:
    """A mapping that takes up, while the block runs, each path that is read with its digest."""
    found: dict[str, str] = {}
    token = _READS.set(found)
    try:
        yield found
    finally:
        _READS.reset(token)


def note(path: str, data: bytes | None) -> None:
    """Say that a file was read, or, with None, that it could not be."""
    found = _READS.get()
    if found is not None:
        found[path] = UNREADABLE if data is None else digest(path, data)


def digest(path: str, data: bytes) -> str:
    """The identity of a file's content, and of the file that a link leads to."""
    name = os.fsencode(os.path.realpath(path))
    return hashlib.sha256(name + b"\0" + data).hexdigest()
