"""Number formats of training: fp32, or mixed precision through autocast.

Weights, the loss and the optimizer stay in float32 in every mode; fp16 scales the loss, so that small
gradients do not vanish.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import torch

_AS_IT_IS = contextlib.nullcontext()
_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Precision:
    """A mode on a device. `dtype` is None for float32 throughout."""

    name: str
    device: torch.device
    dtype: torch.dtype | None

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """The context in which the network runs."""
        if self.dtype is None:
            return _AS_IT_IS
        return torch.autocast(self.device.type, self.dtype)

    def scaler(self) -> torch.amp.GradScaler:
        """The scaler of the loss; it does nothing unless the mode is fp16."""
        return torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)


def choose_precision(name: str, device: torch.device) -> Precision:
    """The mode of this name. `auto` is bf16 where the device computes in it, else fp32."""
    if name == "auto":
        name = "bf16" if _computes_in_bf16(device) else "fp32"
    return Precision(name, device, _DTYPES.get(name))


def _computes_in_bf16(device: torch.device) -> bool:
    """Whether bf16 is native and not emulated, which would only cost time."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return False
