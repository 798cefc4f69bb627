"""Contents that stand in for files, so that a change can be checked before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_CONTENTS: ContextVar[Mapping[str, bytes] | None] = ContextVar("contents", default=None)


@contextmanager
def unsaved(contents: Mapping[str, bytes]) -> Iterator[None]:
    """While the block runs, the files at these real paths seem to have these contents."""
    token = _CONTENTS.set(contents)
    try:
        yield
    finally:
        _CONTENTS.reset(token)


def unsaved_content(path: str) -> bytes | None:
    """What stands in for a file; None where the file itself counts."""
    contents = _CONTENTS.get()
    return contents.get(os.path.realpath(path)) if contents else None
