"""What people see while a run goes on, on stderr: a bar on a terminal, else one plain line an epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

from netspec.runner.records import Epoch


class Progress:
    """Shows nothing; what a loop calls."""

    def start(self, text: str) -> None:
        """Before the first epoch: what is trained on what."""

    @contextmanager
    def epoch(self, number: int, epochs: int, samples: int, done: int = 0) -> Iterator[None]:
        """Round the steps of one epoch, of which there are `epochs` with so many samples each; `done` of
        them were trained on before."""
        yield

    def step(self, samples: int, loss: float | None) -> None:
        """After a step; the loss where it is known without waiting for the device."""

    def say(self, text: str) -> None:
        """Something that a person should know, such as a damaged checkpoint."""

    def done(self, epoch: Epoch, epochs: int) -> None:
        """After an epoch and its measuring."""


class Lines(Progress):
    """One line an epoch."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def start(self, text: str) -> None:
        self._write(text)

    def say(self, text: str) -> None:
        self._write(f"note: {text}")

    def done(self, epoch: Epoch, epochs: int) -> None:
        figures = "  ".join(f"{name} {value:.4f}" for name, value in epoch.shown.items())
        self._write(f"epoch {epoch.number}/{epochs}  {figures}  {epoch.seconds:.1f} s")

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class Bars(Lines):
    """A bar with rate and time left in each epoch, and its line after it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._bar: tqdm[Any] | None = None

    @contextmanager
    def epoch(self, number: int, epochs: int, samples: int, done: int = 0) -> Iterator[None]:
        bar: tqdm[Any] = tqdm(
            total=samples,
            initial=done,
            desc=f"epoch {number}/{epochs}",
            unit=" samples",
            leave=False,
            file=self._stream,
        )
        with bar:
            self._bar = bar
            yield

    def step(self, samples: int, loss: float | None) -> None:
        assert self._bar is not None
        if loss is not None:
            self._bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
        self._bar.update(samples)


def choose_progress(wanted: bool) -> Progress:
    """Nothing where none is wanted; bars on a terminal; lines elsewhere."""
    if not wanted:
        return Progress()
    return Bars(sys.stderr) if sys.stderr.isatty() else Lines(sys.stderr)
