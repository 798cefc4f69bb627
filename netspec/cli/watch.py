"""`netspec validate --watch`: looks at the files again and again, and checks when one has changed.

It looks at times and sizes, which needs no service of the system and works on network drives; 500 files
take about a millisecond. New files and files that specs `use` count too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeAlias

from netspec.cli.terminal import warn
from netspec.errors import NetspecError
from netspec.files import candidates

INTERVAL = 0.05  # seconds
_MOST_NAMED = 3
_CLOCK = 10_000_000  # nanoseconds: file systems tell the time in steps of a few milliseconds
Stamp: TypeAlias = "tuple[int, int, int] | None"
_UNSEEN: Stamp = (-1, -1, -1)


def watch(patterns: Sequence[str], also: Sequence[str], check: Callable[[], set[str]]) -> NoReturn:
    """Check now, and after each change of what the patterns mean, of `also`, or of what was read.

    `check` returns the files that it read. It ends only by KeyboardInterrupt; what is wrong with
    the call from the beginning raises NetspecError.
    """
    seen = snapshot(patterns, also)
    start = time.time_ns()
    used = check()
    seen = _seen(seen, start, used)
    warn(f"netspec: watching {len(seen)} files; Ctrl-C ends")
    while True:
        time.sleep(INTERVAL)
        now = snapshot(patterns, [*also, *used])
        if now == seen:
            continue
        warn(f"netspec: {_names(seen, now)} changed")
        start = time.time_ns()
        try:
            used |= check()
        except NetspecError as error:
            # Half of a change, such as a file that is being replaced: the other half will come.
            warn(f"netspec: {error}")
        seen = _seen(now, start, used)


def _seen(before: dict[str, Stamp], start: int, read: set[str]) -> dict[str, Stamp]:
    """The stamps that a check has seen, which began at `start` and read these files: those from before it;
    a file that it found out about and that has changed since, or is gone, it may have read as it was."""
    found = snapshot([], read - before.keys())
    return before | {
        name: _UNSEEN if stamp is None or stamp[0] >= start - _CLOCK else stamp
        for name, stamp in found.items()
    }


def snapshot(patterns: Sequence[str], also: Sequence[str] | set[str]) -> dict[str, Stamp]:
    """Each file with what shows a change: time, size, and number; None for one that is not there."""
    names = dict.fromkeys(name for pattern in patterns for name in candidates(pattern))
    return {name: _stamp(name) for name in (*names, *also)}


def _stamp(name: str) -> Stamp:
    try:
        facts = os.stat(name)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _names(before: dict[str, Stamp], after: dict[str, Stamp]) -> str:
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
