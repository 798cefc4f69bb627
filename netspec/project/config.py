"""`[tool.netspec]` in `pyproject.toml`: what a project always wants, so that nobody must type it.

The file is the nearest one at or above the working directory. What the command line gives takes its
place, key by key. A mistake in the table is reported with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from netspec.diagnostics import near
from netspec.errors import NetspecError
from netspec.project.selection import FAIL_ON, prefixes

FILE = "pyproject.toml"
KEYS = ("select", "ignore", "per-file-ignores", "fail-on", "baseline")
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$| \(at end of document\)$")


@dataclass(frozen=True, slots=True)
class Config:
    """What the table says; None or empty where it says nothing. `folder` is the file's."""

    folder: Path = Path()
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fail_on: str | None = None
    baseline: str | None = None


def find_config(folder: Path) -> Path | None:
    """The nearest `pyproject.toml` at or above a folder."""
    above = folder.resolve()
    return next((each / FILE for each in (above, *above.parents) if (each / FILE).is_file()), None)


def read_config(path: Path, shown: str | None = None) -> Config:
    """The table of a file; NetspecError, with the place, for one that is not as it must be."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NetspecError(f"{shown or path}: the file is not UTF-8 text") from None
    except OSError as error:
        raise NetspecError(f"{shown or path}: {error.strerror or error}") from None
    if "netspec" not in text:
        return Config(path.parent)
    return _Table(shown or str(path), text).config(path.parent)


@dataclass(frozen=True, slots=True)
class _Table:
    """The file while it is read: its name in messages, and its text, for the lines."""

    name: str
    text: str

    def config(self, folder: Path) -> Config:
        table = self._table()
        for key in table:
            if key not in KEYS:
                best = near(key, KEYS)
                hint = f"similar: {best}" if best else f"known are {', '.join(KEYS)}"
                self._fail(key, f"[tool.netspec] has no key `{key}`; {hint}")
        return Config(
            folder,
            None if "select" not in table else self._codes("select", table["select"]),
            self._codes("ignore", table.get("ignore", [])),
            tuple(self._per_file(table.get("per-file-ignores", {}))),
            self._fail_on(table.get("fail-on")),
            self._text("baseline", table.get("baseline")),
        )

    def _table(self) -> dict[str, Any]:
        import tomllib

        try:
            tool = tomllib.loads(self.text).get("tool", {})
        except tomllib.TOMLDecodeError as error:
            at = _PLACE.search(str(error))
            last = self.text.count("\n") + 1
            place = f"{at[1]}:{at[2]}" if at is not None and at[1] else str(last)
            raise NetspecError(f"{self.name}:{place}: {_PLACE.sub('', str(error))}") from None
        table = tool.get("netspec", {}) if isinstance(tool, dict) else {}
        if not isinstance(table, dict):
            self._fail("netspec", "`tool.netspec` is a table")
        return table

    def _codes(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._fail(key, f'`{key}` is a list of codes, such as ["NS501"]')
        try:
            return prefixes(",".join(value))
        except NetspecError as error:
            self._fail(key, f"`{key}`: {error}")

    def _per_file(self, value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        if not isinstance(value, dict):
            form = '{"specs/old/*" = ["NS501"]}'
            self._fail("per-file-ignores", f"`per-file-ignores` is a table from globs to codes, {form}")
        for pattern, codes in value.items():
            yield pattern, self._codes(pattern, codes)

    def _fail_on(self, value: Any) -> str | None:
        if value is not None and value not in FAIL_ON:
            self._fail("fail-on", f"`fail-on` is one of {', '.join(FAIL_ON)}")
        return self._text("fail-on", value)

    def _text(self, key: str, value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            self._fail(key, f"`{key}` is a text")
        return value

    def _fail(self, key: str, message: str) -> NoReturn:
        raise NetspecError(f"{self.name}:{self._line(key)}: {message}")

    def _line(self, key: str) -> int:
        """The first line of the table, or below it, that begins with the key; where the table is written
        in another form, the first that names it."""
        lines = self.text.split("\n")
        start = next((i for i, line in enumerate(lines) if re.match(r"\s*\[+\s*tool\.netspec", line)), 0)
        form = re.compile(rf"""[\s"'{{,]*{re.escape(key)}["']?\s*=""")
        for pattern in (form.match, lambda line: key in line, lambda line: "netspec" in line):
            for number in range(start, len(lines)):
                if pattern(lines[number]):
                    return number + 1
        return start + 1
