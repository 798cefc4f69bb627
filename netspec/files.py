"""Paths -> sources: which files a command means, and their text.

A folder stands for every `.yaml` and `.yml` file in it that a `netspec:` key marks; `-` is standard
input; a safe file (`.safetensors`) stands for the spec that it carries.
"""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netspec.carry import inside, is_safe_file, read_spec
from netspec.diagnostics import Collector, Source, Span
from netspec.errors import NetspecError
from netspec.reads import note
from netspec.unsaved import unsaved_content

_MARK = re.compile(r"^netspec\s*:", re.MULTILINE)
_RECIPE = re.compile(r"^recipe\s*:", re.MULTILINE)
_SUFFIXES = (".yaml", ".yml")
_MOST_BYTES = 50_000_000
ROOT_MARK = ".netspec-root"
"""An empty file that makes its folder the root of a project, as a `pyproject.toml` does."""


def read_source(path: str | os.PathLike[str], collector: Collector) -> Source | None:
    """The text of a file, or of standard input for `-`; None, after a report, if it is no UTF-8.

    NetspecError where the file cannot be opened.
    """
    name = os.fspath(path)
    return decoded(shown_name(name), read_bytes(name), collector)


def shown_name(path: str) -> str:
    """What reports call a file; of a safe file, the spec in it."""
    if is_safe_file(path):
        return read_spec(path).main
    return "<stdin>" if path == "-" else path


def decoded(shown: str, data: bytes, collector: Collector) -> Source | None:
    """The text of a file's bytes; None, after a report, if it is no UTF-8."""
    try:
        return Source(shown, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(shown, data[: error.start].decode("utf-8"))
        at = Span(source, len(source.text), len(source.text))
        collector.add(
            "NS010", f"the file is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}", at,
            help="save it as UTF-8",
        )  # fmt: skip
        return None


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input for `-`; NetspecError where it cannot be opened."""
    if name == "-":
        return sys.stdin.buffer.read()
    if is_safe_file(name):
        name = shown_name(name)
    data = unsaved_content(name)
    try:
        if data is None:
            data = _carried(name) if inside(name) else _bytes(name)
    except NetspecError:
        note(name, None)
        raise
    note(name, data)
    return data


def open_file(path: str) -> Source | str:
    """The text of a used file, or why there is none."""
    try:
        data = unsaved_content(path)
        if data is None:
            data = _carried(path) if inside(path) else Path(path).read_bytes()
        note(path, data)
        text = data.decode("utf-8-sig")
    except NetspecError as error:
        note(path, None)
        return str(error)
    except OSError as error:
        note(path, None)
        return error.strerror or str(error)
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    return Source(path, text)


def carried_params(path: str) -> Mapping[str, Any]:
    """The values for params that come with a spec: those of the network, where a safe file carries it."""
    place = inside(path)
    if place is None:
        return {}
    record = read_spec(place[0]).record
    assert record is not None
    return record.params if record.bundle.main == place[1] else {}


def _carried(path: str) -> bytes:
    """A text that a safe file carries."""
    place = inside(path)
    assert place is not None
    record = read_spec(place[0]).record
    assert record is not None
    found = dict(record.bundle.files).get(place[1])
    if found is None:
        raise NetspecError(f"{place[0]} carries no file {place[1]}")
    return found.encode()


def _bytes(name: str) -> bytes:
    try:
        size = os.path.getsize(name)
        if size > _MOST_BYTES:
            raise NetspecError(f"{name}: a spec has at most {_MOST_BYTES:,} bytes, but this has {size:,}")
        return Path(name).read_bytes()
    except FileNotFoundError:
        raise NetspecError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise NetspecError(f"{name} is a folder, but one file is needed") from None
    except OSError as error:
        raise NetspecError(f"{name}: {error.strerror or error}") from None


def expand(patterns: list[str]) -> list[str]:
    """The files that paths, folders and globs mean, each once, in order; NetspecError for none."""
    found: dict[str, None] = {}
    for pattern in patterns:
        names = _expand_one(pattern)
        if not names:
            raise NetspecError(f"{pattern}: no spec is found there")
        found.update(dict.fromkeys(names))
    return list(found)


def _expand_one(pattern: str) -> list[str]:
    names = candidates(pattern)
    if os.path.isdir(pattern):
        return [name for name in names if _is_marked(name)]
    if names or glob.has_magic(pattern):
        return names
    raise NetspecError(f"{pattern}: no such file or folder")


def candidates(pattern: str) -> list[str]:
    """The files that a path, folder or glob may mean, in order; none of them is opened."""
    if pattern == "-" or os.path.isfile(pattern):
        return [pattern]
    if os.path.isdir(pattern):
        return list(_yaml_in(pattern))
    if glob.has_magic(pattern):
        names = sorted(glob.glob(pattern, recursive=True))
        return [name for name in names if os.path.isfile(name) and name.endswith(_SUFFIXES)]
    return []


def _yaml_in(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(parent, name) for name in sorted(files) if name.endswith(_SUFFIXES))


def _is_marked(path: str) -> bool:
    return _MARK.search(_bytes(path).decode("utf-8", "replace")) is not None


def project_root(path: str) -> str:
    """The folder that `use` stays in: the nearest one upwards with a `pyproject.toml`, a `.git` or a
    `.netspec-root`, else the spec's own; for a spec in a safe file, that file."""
    place = inside(path)
    if place is not None:
        return os.path.realpath(place[0])
    folder = own = os.path.realpath(os.path.dirname(path) or ".")
    while True:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in ("pyproject.toml", ".git", ROOT_MARK)):
            return folder
        if os.path.dirname(folder) == folder:
            return own
        folder = os.path.dirname(folder)


def is_recipe(text: str) -> bool:
    """Whether a text is a recipe and not a spec: it has the key `recipe` at its top."""
    return _RECIPE.search(text) is not None
