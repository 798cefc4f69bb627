"""Path -> safe file: the spec in it, verified and without its tensors, or all of it, every byte verified."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import NoReturn

from netspec.carry.header import Header, fail, read_header
from netspec.carry.place import within
from netspec.carry.record import Bundle, Record, data_hash, decode
from netspec.errors import NetspecError


@dataclass(frozen=True, slots=True)
class SafeFile:
    """A file of weights. `record` is None where netspec did not write it; `data` is the whole file, where
    it was read."""

    path: str
    header: Header
    record: Record | None
    data: bytes = b""

    @property
    def main(self) -> str:
        """The path of the spec; only for a file that has one."""
        assert self.record is not None
        return within(self.path, self.record.bundle.main)


def read_safe_file(path: str) -> SafeFile:
    """A file of weights with all its bytes, verified where it carries hashes. NetspecError where it cannot
    be read; SafeFileError where it is damaged or is something else."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise _unreadable(path, error) from None
    header = read_header(io.BytesIO(data), len(data), path)
    record = decode(header, path)
    if record is not None and hashlib.sha256(memoryview(data)[header.end :]).hexdigest() != data_hash(
        header, path
    ):
        fail(path, "is damaged: its tensors are not those that were written", "use another copy of it")
    return SafeFile(path, header, record, data)


def read_declared(path: str) -> SafeFile:
    """What a file of weights declares; its tensors are not read."""
    try:
        with open(path, "rb") as file:
            header = read_header(file, os.fstat(file.fileno()).st_size, path)
    except OSError as error:
        raise _unreadable(path, error) from None
    return SafeFile(path, header, decode(header, path))


def read_spec(path: str) -> SafeFile:
    """As `read_declared`, of a file that carries a spec; SafeFileError for one that has weights alone."""
    found = read_declared(path)
    if found.record is None:
        fail_without_spec(path)
    return found


def contents(path: str, bundle: Bundle) -> dict[str, bytes]:
    """The texts that a safe file carries, by the real paths that lead into it."""
    return {os.path.realpath(within(path, name)): text.encode() for name, text in bundle.files}


def fail_without_spec(path: str) -> NoReturn:
    fail(
        path,
        "holds weights and no spec",
        "`netspec.load_weights(net, path)` puts them into a network; `netspec.save` writes both",
    )


def _unreadable(path: str, error: OSError) -> NetspecError:
    if isinstance(error, FileNotFoundError):
        return NetspecError(f"{path}: no such file")
    if isinstance(error, IsADirectoryError):
        return NetspecError(f"{path} is a folder, but one file is needed")
    return NetspecError(f"{path}: {error.strerror or error}")
