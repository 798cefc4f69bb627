"""Source laid out by ruff, where that is installed; the settings of the project around apply."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from shutil import which

from netspec.errors import NetspecError


def has_ruff() -> bool:
    return find_spec("ruff") is not None or which("ruff") is not None


def formatted(source: str) -> str:
    """The same program as `ruff format` lays it out. NetspecError where ruff is missing or refuses."""
    if not has_ruff():
        raise NetspecError(
            "ruff is not installed: pip install ruff, or leave the source as netspec lays it out"
        )
    command = [sys.executable, "-m", "ruff"] if find_spec("ruff") is not None else ["ruff"]
    run = subprocess.run(
        [*command, "format", "--quiet", "-"], input=source, capture_output=True, encoding="utf-8", check=False
    )
    if run.returncode != 0:
        raise NetspecError(f"ruff does not format the source: {run.stderr.strip()}")
    return run.stdout
