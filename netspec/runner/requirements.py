"""What training needs besides the core, looked for before it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from netspec.runner.errors import RunError

PACKAGES = ("torch", "torchvision", "safetensors", "numpy", "tqdm", "filelock")


def check_installed() -> None:
    """RunError, with the command that installs them, where packages are missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        listed = ", ".join(missing)
        raise RunError(
            f"training needs packages that are not installed: {listed}\n"
            "in a clone of netspec: pip install '.[train]'"
        )
