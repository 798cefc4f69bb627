"""Where a run takes place: `auto`, or a device by name, checked against what the machine has."""

from __future__ import annotations

import torch

from netspec.runner.errors import RunError


def choose_device(name: str) -> torch.device:
    """The device of this name; `auto` is the accelerator if there is one, else the CPU.
    RunError, with what there is, for a device that is unknown or absent."""
    # Without the check, a CUDA build on a machine without a GPU answers `cuda`.
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if name == "auto":
        return accelerator if accelerator is not None else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise RunError(f"PyTorch knows no device `{name}`; {_available()}") from None
    if device.type == "cpu":
        return device
    if accelerator is None or device.type != accelerator.type:
        raise RunError(
            f"PyTorch {torch.__version__} finds no device `{name}` on this machine; {_available()}"
        )
    index: int | None = device.index
    if (index or 0) >= torch.accelerator.device_count():
        raise RunError(f"there is no device `{name}` on this machine; {_available()}")
    return device


def available_devices() -> tuple[str, ...]:
    """The names of the devices that a run can use."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return ("cpu",)
    return ("cpu", *(f"{accelerator.type}:{index}" for index in range(torch.accelerator.device_count())))


def _available() -> str:
    return "available: " + ", ".join(f"`{name}`" for name in available_devices())
