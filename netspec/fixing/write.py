"""A file gets its new content whole, or keeps the old one."""

from __future__ import annotations

import os
import stat
import tempfile

from netspec.errors import NetspecError


def write(path: str, before: bytes, after: bytes) -> None:
    """Replace the content of a file, its mode and its links kept.

    NetspecError, and nothing is changed, where it does not hold `before` any more, or may not be written.
    """
    target = os.path.realpath(path)
    try:
        with open(target, "rb") as file:
            if file.read() != before:
                raise NetspecError(f"{path} has changed in the meantime, and was left as it is; run it again")
        if not os.access(target, os.W_OK):
            raise NetspecError(f"{path} is write-protected, and was left as it is")
        _replace(target, after)
    except OSError as error:
        raise NetspecError(f"{path}: {error.strerror or error}") from None


def _replace(target: str, data: bytes) -> None:
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
