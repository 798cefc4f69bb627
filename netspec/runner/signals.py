"""SIGINT and SIGTERM in a run: the first asks the loop to finish its step, a second SIGINT leaves at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_HEEDED = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Which signal asked to stop; 0 while none did."""

    def __init__(self) -> None:
        self.asked = 0


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Within it, SIGINT and SIGTERM set `asked`; the old handlers come back with the first signal and at
    the end.

    Python allows handlers in the main thread only; in any other, signals keep their effect. A signal that
    is ignored, as SIGINT for a job in a shell's background, stays ignored.
    """
    interrupt = Interrupt()
    before = {number: signal.getsignal(number) for number in _HEEDED}
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def handle(number: int, frame: FrameType | None) -> None:
        interrupt.asked = number
        # A second SIGTERM is often the same one, sent to the group and to the process.
        signal.signal(signal.SIGINT, before[signal.SIGINT])

    for number, handler in before.items():
        if handler is not signal.SIG_IGN and handler is not None:
            signal.signal(number, handle)
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
