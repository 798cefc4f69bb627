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
Stamp: TypeAlias = "tuple[int, int, int] | None"


def watch(patterns: Sequence[str], also: Sequence[str], check: Callable[[], set[str]]) -> NoReturn:
    """Check now, and after each change of what the patterns mean, of `also`, or of what was read.

    `check` returns the files that it read beside. It ends only by KeyboardInterrupt; what is wrong with
    the call from the beginning raises NetspecError.
    """
    seen = snapshot(patterns, also)
    used = check()
    warn(f"netspec: watching {len(seen)} files; Ctrl-C ends")
    seen = snapshot(patterns, used) | seen
    while True:
        time.sleep(INTERVAL)
        now = snapshot(patterns, [*also, *used])
        if now == seen:
            continue
        warn(f"netspec: {_names(seen, now)} changed")
        try:
            used |= check()
        except NetspecError as error:
            # Half of a change, such as a file that is being replaced: the other half will come.
            warn(f"netspec: {error}")
        seen = snapshot([], [*also, *used]) | now


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
