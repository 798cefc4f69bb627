"""The checkpoints of a run: `checkpoints/step-00000120.safetensors`, each with its SHA-256 beside it.

A checkpoint is complete once its `.sha256` file is there, which is written last and taken away first;
so a crash at any instant leaves the one before, whole. The `.sha256` files are those of `sha256sum -c`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.atomic import replace_whole
from netspec.runner.errors import RunError
from netspec.runner.state import StateError, from_bytes, to_bytes

_DATA, _HASH = ".safetensors", ".sha256"
# What a run writes there, what a crash left half-written included; other files are the user's.
_OURS = re.compile(r"\.?step-\d+\.(safetensors|sha256)(\.\w+\.partial)?")


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints in a folder, of which the newest `keep` are kept."""

    folder: Path
    keep: int = 2

    def save(self, state: Mapping[str, Any], step: int) -> Path:
        """Write the state after so many steps. RunError where the disk refuses; those before are whole."""
        path = self.folder / f"step-{step:08d}{_DATA}"
        data = to_bytes(dict(state))
        try:
            self.folder.mkdir(exist_ok=True)
            # The hash of an older file of this name must not vouch for half of a new one.
            path.with_suffix(_HASH).unlink(missing_ok=True)
            replace_whole(path, (data,))
            line = f"{hashlib.sha256(data).hexdigest()}  {path.name}\n"
            replace_whole(path.with_suffix(_HASH), (line.encode(),))
            self._forget_old()
        except OSError as error:
            raise RunError(
                f"{path} cannot be written ({error.strerror}): make room, then go on with `--resume`"
            ) from error
        return path

    def paths(self) -> list[Path]:
        """The complete checkpoints, the newest first."""
        found = sorted(self.folder.glob(f"step-*{_HASH}"), reverse=True)
        return [path.with_suffix(_DATA) for path in found]

    def latest(self, say: Callable[[str], None]) -> dict[str, Any] | None:
        """The newest state that is whole, or None where no checkpoint was ever complete. What is damaged
        is said. RunError where all are."""
        paths = self.paths()
        for path in paths:
            try:
                return read_checkpoint(path)
            except RunError as error:
                say(f"{error}; taking the checkpoint before it")
        if paths:
            raise RunError(f"no checkpoint in {self.folder} is whole: start a new run")
        return None

    def _forget_old(self) -> None:
        kept = {path.stem for path in self.paths()[: self.keep]}
        ours = [path for path in self.folder.iterdir() if _OURS.fullmatch(path.name)]
        old = [path for path in ours if path.name.strip(".").partition(".")[0] not in kept]
        for path in sorted(old, key=lambda path: path.suffix != _HASH):
            path.unlink()


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The state in one checkpoint. RunError where it is missing, or is not what was written."""
    path = Path(path)
    try:
        data = path.read_bytes()
        promised = path.with_suffix(_HASH).read_text("ascii").split()[:1]
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} cannot be read ({error})") from None
    if promised != [hashlib.sha256(data).hexdigest()]:
        raise RunError(f"{path} is damaged: its SHA-256 is not the one in {path.with_suffix(_HASH).name}")
    try:
        state: dict[str, Any] = from_bytes(data)
    except StateError as error:
        raise RunError(f"{path} is no checkpoint: {error}") from None
    return state
