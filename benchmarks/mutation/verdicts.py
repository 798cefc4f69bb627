"""What the judge says, kept in a file between runs: a verdict does not depend on netspec.

A verdict is looked up by what it depends on: the text, the texts of the files that it uses, the judge's own
code and PyTorch's version. So a run that was cut off goes on where it was, and one with another netspec
asks the judge only about what it has not seen.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from benchmarks.mutation.judge.verdict import Verdict, judge

_JUDGE = Path(__file__).parent / "judge"
_USED = re.compile(r"[\w./-]+\.yaml")


class Verdicts:
    """The judge, with a memory in a file (without one: none). Several processes may share the file."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, Verdict] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                key, kind, why = json.loads(line)
                self._known[key] = Verdict(kind, why)

    def __call__(
        self, text: str, path: Path, *, cpu: bool = False, used: Mapping[Path, str] | None = None
    ) -> Verdict:
        key = _key(text, path, cpu, used or {})
        if key not in self._known:
            self._known[key] = found = judge(text, path, cpu=cpu, used=used)
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, found.kind, found.why]) + "\n")
        return self._known[key]


def _key(text: str, path: Path, cpu: bool, used: Mapping[Path, str]) -> str:
    parts = [_judge_itself(), str(cpu), text, *_files(text, path.parent, used, set())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _files(text: str, folder: Path, used: Mapping[Path, str], seen: set[Path]) -> Iterator[str]:
    """The texts of the files that a text names, and of those that they name."""
    for name in _USED.findall(text):
        file = Path(os.path.normpath(folder / name))
        if file not in seen and file.is_file():
            seen.add(file)
            found = used[file] if file in used else file.read_text(encoding="utf-8")
            yield found
            yield from _files(found, file.parent, used, seen)


@functools.cache
def _judge_itself() -> str:
    texts = [file.read_text(encoding="utf-8") for file in sorted(_JUDGE.glob("*.py"))]
    return hashlib.sha256("\0".join([torch.__version__, *texts]).encode()).hexdigest()
