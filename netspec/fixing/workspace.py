"""The files that were named, in memory: their contents, and what a check finds with other contents."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.diagnostics import Diagnostic, Edit, Fix
from netspec.errors import NetspecError
from netspec.files import shown_name
from netspec.fixing.edits import edited
from netspec.project.check import Checker
from netspec.unsaved import unsaved

Contents: TypeAlias = "dict[str, bytes]"
Found: TypeAlias = "tuple[Diagnostic, ...]"
_BOM = codecs.BOM_UTF8


@dataclass(slots=True)
class Workspace:
    """`names` has, for each file as reports call it, the key of its content: the real path, so that a
    file with two names has one content. Standard input has its name alone."""

    names: dict[str, str]
    first: Checker
    given: tuple[str, ...] = ()
    _known: dict[str, tuple[object, Found, set[str]]] = field(default_factory=dict)

    def check(self, contents: Contents) -> Found:
        """What is found in all files, each checked again only if it, or a file that it uses, is new."""
        with unsaved(contents):
            return tuple(each for name in self.names for each in self._check(name, contents))

    def _check(self, name: str, contents: Contents) -> Found:
        data = contents[self.names[name]]
        known = self._known.get(name)
        if known is not None and known[0] == _facts(data, known[2], contents):
            return known[1]
        # What is on disk may be known from other runs; what is in memory alone is checked anew.
        checker = self.first if known is None else Checker(asked=self.first.asked)
        found = checker.check(name, data, self.given)
        used = {os.path.realpath(path) for path in checker.used.get(name, ())}
        self._known[name] = (_facts(data, used, contents), found, used)
        return found

    def can_edit(self, fix: Fix, contents: Contents) -> bool:
        """Whether all edits lie in files that were named, with the text that was checked."""
        return all(self._text(edit, contents) == edit.span.source.text for edit in fix.edits)

    def apply(self, fixes: Iterable[Fix], contents: Contents) -> Contents:
        """The contents with the edits of fixes that do not overlap."""
        by_key: dict[str, list[Edit]] = {}
        for edit in (edit for fix in fixes for edit in fix.edits):
            by_key.setdefault(self.file_of(edit), []).append(edit)
        return {**contents, **{key: _mended(contents[key], edits) for key, edits in by_key.items()}}

    def file_of(self, edit: Edit) -> str:
        """The key of the content that an edit belongs to."""
        path = edit.span.source.path
        return self.names.get(path) or os.path.realpath(path)

    def _text(self, edit: Edit, contents: Contents) -> str | None:
        data = contents.get(self.file_of(edit))
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


def _facts(data: bytes, used: set[str], contents: Mapping[str, bytes]) -> object:
    return data, {path: contents[path] for path in used if path in contents}


def _mended(data: bytes, edits: list[Edit]) -> bytes:
    mark = _BOM if data.startswith(_BOM) else b""
    return mark + edited(data.decode("utf-8-sig"), edits).encode()


def opened(
    paths: Iterable[str], stdin_name: str | None, read: Callable[[str], bytes]
) -> tuple[dict[str, str], Contents]:
    """The names of a workspace for paths of the command line, and the contents as they are now."""
    names: dict[str, str] = {}
    contents: Contents = {}
    for path in paths:
        name = stdin_name if path == "-" and stdin_name else shown_name(path)
        if name in names:
            raise NetspecError(f"{name} is given twice, by standard input and as a file")
        names[name] = name if path == "-" else os.path.realpath(path)
        contents[names[name]] = read(path)
    return names, contents
