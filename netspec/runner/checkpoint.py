"""Weights on disk: written so that a crash loses nothing, checked when they are read, and no pickle.

A file is serialised in memory (safetensors), written under another name, flushed, and renamed over the
old one. A manifest beside it holds its SHA-256: safetensors itself does not notice a flipped bit.

Before the rename, the manifest names both the new and the old contents, so that there is no instant at
which a crash would leave a file that the manifest does not know.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from netspec.runner.durable import flush_folder, write_beside, write_text
from netspec.runner.errors import RunError

MANIFEST = "manifest.json"


def save_weights(module: nn.Module, path: Path, *, about: dict[str, str]) -> None:
    """Write a module's state to `path`. `about` goes into the manifest. RunError where the disk refuses;
    what stood there before is then still whole."""
    # One entry, since safetensors writes several in random order, and equal weights shall give equal files.
    data = safetensors.torch.save(_tensors(module), metadata={"format": "pt"})
    manifest = _read_manifest(path.parent)
    known = manifest.get(path.name, {})
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **about}
    # Where the last rename never happened, the file is still the one before.
    before = [known["sha256"], *known.get("before", [])][:2] if known else []
    try:
        temporary = write_beside(path, data)
        manifest[path.name] = entry | {"before": before}
        write_text(path.parent / MANIFEST, json.dumps(manifest, indent=2) + "\n")
        os.replace(temporary, path)
        flush_folder(path.parent)
    except OSError as error:
        why = f"{path} cannot be written ({error.strerror})"
        raise RunError(f"{why}: make room, or choose another `output`") from error


def load_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a file that a run wrote, on the CPU. RunError where the file is missing or is not
    what the manifest beside it says."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror})") from None
    known = _read_manifest(path.parent).get(path.name)
    if known is None:
        raise RunError(f"{path.parent / MANIFEST} does not know {path.name}, so that it cannot be verified")
    if hashlib.sha256(data).hexdigest() not in (known["sha256"], *known["before"]):
        raise RunError(f"{path} is damaged: its SHA-256 is not the one in {MANIFEST}; use another checkpoint")
    return safetensors.torch.load(data)


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    """Copies on the CPU; tensors that share memory are stored once each."""
    state: dict[str, Any] = module.state_dict()
    return {name: value.detach().cpu().contiguous().clone() for name, value in state.items()}


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read, so that nothing can be verified: {error}") from None
    return found
