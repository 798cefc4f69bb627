"""What goes wrong while a recipe runs: a missing data file, an absent device, a loss that is not finite.

Faults of the recipe's text are diagnostics in a `SpecError`; a `RunError` is about the world around it.
Its text names the file, the device or the step, and says what to do.
"""

from __future__ import annotations

from netspec.errors import NetspecError


class RunError(NetspecError):
    """A run cannot start, or cannot go on."""


class Terminated(NetspecError):
    """SIGTERM asked a run to stop; its state is saved, and the text says how to go on. `netspec train`
    then exits with 143."""
