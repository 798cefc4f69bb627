"""Source text -> class, once for a text and its file; instances can be pickled into other processes.

A pickle of an instance holds the source of its class beside its state, so that a process which
never saw the spec can load it, given netspec and torch.
"""

from __future__ import annotations

import copyreg
import hashlib
import linecache
import os
import sys
import types
from typing import Any, TypeAlias

from torch import nn

from netspec.build.origin import Origin, origin_of, remember
from netspec.catalog import registered

_PACKAGE = "netspec.compiled"

_Key: TypeAlias = tuple[str, str, str, tuple[int, ...]]
_classes: dict[_Key, type[nn.Module]] = {}


def class_from_source(source: str, name: str, path: str) -> type[nn.Module]:
    """The class `name` of a module with this source. `path` names the spec in tracebacks."""
    place = os.path.abspath(path)
    # What an application has registered anew is another class in the same text.
    ops = registered.state_of(source)
    if (source, name, place, ops) not in _classes:
        _define(source, path, place, ops)
    return _classes[source, name, place, ops]


def _define(source: str, path: str, place: str, ops: tuple[int, ...]) -> None:
    digest = hashlib.sha256(f"{place}\n{source}".encode()).hexdigest()[:16]
    filename = _file_name(path, source, digest)
    module = types.ModuleType(f"{_PACKAGE}.spec_{digest}", f"Compiled from {path}.")
    module.__file__ = filename
    # A module that is found by name is what lets `inspect` and `pickle` find the class.
    sys.modules[module.__name__] = module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    for found in list(vars(module).values()):
        if isinstance(found, type) and issubclass(found, nn.Module) and found.__module__ == module.__name__:
            copyreg.pickle(found, _Reducer(source, path))
            _classes[source, found.__name__, place, ops] = found


def _file_name(path: str, source: str, digest: str) -> str:
    """A name that shows the spec, and tells texts from the same path apart."""
    plain = f"<netspec {path}>"
    known = linecache.cache.get(plain)
    if known is None or (len(known) == 4 and "".join(known[2]) == source):
        return plain
    return f"<netspec {path} {digest}>"


class _Reducer:
    """How `pickle` and `copy` take an instance apart: its class by source, and its state."""

    def __init__(self, source: str, path: str) -> None:
        self.source = source
        self.path = path

    def __call__(self, instance: nn.Module) -> tuple[Any, ...]:
        arguments = (self.source, type(instance).__name__, self.path, origin_of(instance))
        return blank, arguments, instance.__dict__.copy()


def blank(source: str, name: str, path: str, origin: Origin | None = None) -> nn.Module:
    """An instance without state, which the loader fills."""
    compiled = class_from_source(source, name, path)
    instance = compiled.__new__(compiled)
    if origin is not None:
        remember(instance, origin)
    return instance
