"""`netspec validate PATH...`"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from netspec.api import is_recipe, validate, validate_text
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say, use_color, warn
from netspec.diagnostics import CODES, Collector, Diagnostic
from netspec.diagnostics.model import SEVERITIES
from netspec.errors import NetspecError
from netspec.files import expand, read_source
from netspec.report import RENDERERS, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec validate specs/ --format concise"
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="files, folders, globs, or - for standard input"
    )
    parser.add_argument(
        "--format", choices=sorted(RENDERERS), default="full", help="how to report (default: full)"
    )
    parser.add_argument(
        "--output-file", metavar="FILE", help="write the report there, not to standard output"
    )
    parser.add_argument("--select", metavar="CODES", help="report only these, e.g. NS4,NS501 (prefixes)")
    parser.add_argument("--ignore", metavar="CODES", help="leave these warnings out (prefixes)")
    parser.add_argument(
        "--fail-on",
        choices=["error", "warning", "info", "never"],
        default="error",
        help="the least severity that gives exit status 1 (default: error)",
    )
    parser.add_argument(
        "--statistics", action="store_true", help="count the findings by code, on standard error"
    )
    parser.add_argument(
        "--oracle",
        choices=["torch"],
        help="also run each step of good specs in the installed PyTorch, without values, and compare",
    )
    add_set(parser)
    parser.set_defaults(run=run)


def _validate(path: str, params: dict[str, Any], given: list[str], oracle: Literal["torch"] | None) -> Report:
    """One file; for a recipe, what `--set` gives overrides its own values."""
    source = read_source(path, Collector()) if given else None
    if source is None:
        return validate(path, oracle=oracle, **params)
    if not is_recipe(source.text):
        return validate_text(source.text, path=source.path, oracle=oracle, **params)
    from netspec.runner.recipe.load import check_source

    return check_source(source, tuple(("--set", text) for text in given)).report


def run(options: argparse.Namespace) -> int:
    params = settings(options.set)
    select = None if options.select is None else _prefixes(options.select)
    ignore = () if options.ignore is None else _prefixes(options.ignore)
    paths = expand(options.paths)
    found = [
        each for path in paths for each in _validate(path, params, options.set, options.oracle).diagnostics
    ]
    kept = [each for each in found if _wanted(each, select, ignore)]
    report = Report(tuple("<stdin>" if path == "-" else path for path in paths), tuple(kept))
    _write(report, options)
    if options.statistics:
        for code, count in sorted(Counter(each.code for each in kept).items()):
            warn(f"{count:6} {code} {CODES[code].name}")
    if options.fail_on == "never" or report.worst is None:
        return 0
    return int(SEVERITIES.index(report.worst) >= SEVERITIES.index(options.fail_on))


def _wanted(diagnostic: Diagnostic, select: tuple[str, ...] | None, ignore: tuple[str, ...]) -> bool:
    """Errors cannot be ignored: a spec that has one does not compile."""
    if select is not None and not diagnostic.code.startswith(select):
        return False
    return diagnostic.severity == "error" or not diagnostic.code.startswith(ignore)


def _prefixes(text: str) -> tuple[str, ...]:
    found = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    for prefix in found:
        if not any(code.startswith(prefix) for code in CODES):
            raise NetspecError(
                f"no diagnostic's code begins with {prefix}; `netspec explain` lists the codes"
            )
    return found


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.output_file is None:
        say(report.render(options.format, color=use_color(sys.stdout)))
        return
    try:
        Path(options.output_file).write_text(report.render(options.format) + os.linesep, encoding="utf-8")
    except OSError as error:
        raise NetspecError(f"{options.output_file}: {error.strerror or error}") from None
