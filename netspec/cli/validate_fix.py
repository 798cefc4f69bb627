"""`netspec validate --fix` and `--diff`: mend in memory, then write the files, or show the difference."""

from __future__ import annotations

import argparse
from pathlib import Path

from netspec.cli.terminal import emit, warn
from netspec.files import expand, read_bytes, shown_name
from netspec.fixing.diff import diff
from netspec.fixing.rounds import Outcome, mend
from netspec.fixing.workspace import Found, Workspace, opened
from netspec.fixing.write import write
from netspec.project.baseline import read_baseline, without_known
from netspec.project.check import Checker
from netspec.project.selection import Selection
from netspec.report import Report


def fixed(
    options: argparse.Namespace, checker: Checker, selection: Selection, baseline: str | None
) -> tuple[Report, bool]:
    """What is found in the mended files, and whether anything in them is changed."""
    names, before = opened(expand(options.paths), options.stdin_filename, read_bytes)
    known = read_baseline(baseline) if baseline is not None else {}

    def wanted(found: Found) -> Found:
        """What is not reported is not mended either."""
        new, _ = without_known(found, known, ())
        return tuple(each for each in new if selection.wants(each))

    workspace = Workspace(names, checker, tuple(options.set))
    outcome = mend(workspace, before, unsafe=options.unsafe_fixes, wanted=wanted)
    changed: dict[str, str] = {}
    for name, key in names.items():
        if outcome.contents[key] != before[key]:
            changed.setdefault(key, name)
    stdin = (options.stdin_filename or shown_name("-")) if "-" in options.paths else None
    for key, name in changed.items():
        if options.diff:
            emit(diff(_short(name), before[key], outcome.contents[key]))
        elif name != stdin:
            write(name, before[key], outcome.contents[key])
    if options.fix and stdin is not None:
        emit(outcome.contents[stdin])
    warn(f"netspec: {_summary(outcome, len(changed), 'would fix' if options.diff else 'fixed')}")
    return Report(tuple(names), outcome.found), bool(changed)


def _short(name: str) -> str:
    """A name as seen from the working directory, where it lies below."""
    path, here = Path(name), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _summary(outcome: Outcome, files: int, verb: str) -> str:
    what = f"{_count(outcome.fixed, 'finding')} in {_count(files, 'file')}" if files else "nothing"
    more = f"; {outcome.held_back} more with --unsafe-fixes" if outcome.held_back else ""
    return f"{verb} {what}{more}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
