"""Memory of glibc's malloc that is kept between steps.

By default glibc gives each large tensor pages of its own and returns them to the system when the tensor
goes, so that every step pays for fresh, zeroed pages. Training makes tensors of the same sizes again
and again; see mallopt(3) for the two thresholds.
"""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE = 1 << 30


def keep_freed_memory() -> bool:
    """Ask malloc to keep what is freed, in this process; whether it could be asked."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)) and bool(libc.mallopt(_M_TRIM_THRESHOLD, _LARGE))
