"""A baseline: the findings that a project has already, so that only new ones are reported.

It is a JSON file, one finding a line, in the order of paths and codes. A finding is known by its
fingerprint, which does not change when lines move; the rest of a line is for its readers.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from netspec.diagnostics import Diagnostic
from netspec.errors import NetspecError
from netspec.report.fingerprint import fingerprints, plain_path

FORMAT_VERSION = 1


def read_baseline(path: str) -> dict[str, str]:
    """Each fingerprint with the path of its finding; NetspecError where the file is no baseline."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if data["format_version"] != FORMAT_VERSION:
            raise NetspecError(f"{path}: this baseline is of format {data['format_version']}, write it again")
        return {str(each["fingerprint"]): str(each["path"]) for each in data["findings"]}
    except FileNotFoundError:
        raise NetspecError(f"{path}: no such baseline; --write-baseline makes one") from None
    except OSError as error:
        raise NetspecError(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError):
        raise NetspecError(f"{path} is no baseline; --write-baseline makes one") from None


def without_known(
    found: tuple[Diagnostic, ...], known: dict[str, str], paths: Iterable[str]
) -> tuple[tuple[Diagnostic, ...], int]:
    """The findings that a baseline does not know, and how many that it knows are gone from `paths`."""
    marks = fingerprints(found)
    new = tuple(each for each, mark in zip(found, marks, strict=True) if mark not in known)
    checked = {plain_path(path) for path in paths}
    gone = sum(path in checked for mark, path in known.items() if mark not in set(marks))
    return new, gone


def write_baseline(path: str, found: tuple[Diagnostic, ...]) -> None:
    """Write the findings as a baseline, whole or not at all."""
    marks = fingerprints(found)
    rows = [
        {"path": plain_path(each.path), "code": each.code, "fingerprint": mark, "message": each.message}
        for each, mark in zip(found, marks, strict=True)
    ]
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    text = f'{{\n  "format_version": {FORMAT_VERSION},\n  "findings": [\n{lines}\n  ]\n}}\n'
    replace_file(Path(path), text.encode())


def replace_file(path: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then give it its own; NetspecError if it fails."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise NetspecError(f"{path}: {error.strerror or error}") from None
