"""Writing to the terminal, and whether colours are wanted there."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def say(text: str) -> None:
    """A result, to standard output."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Anything else, to standard error."""
    print(text, file=sys.stderr, flush=True)


def show_every_character() -> None:
    """What a terminal's encoding lacks is escaped, not refused."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def emit(data: bytes) -> None:
    """A result whose bytes count, to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def use_color(stream: TextIO) -> bool:
    """Whether the stream is a terminal and neither `NO_COLOR` nor a dumb terminal forbids colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
