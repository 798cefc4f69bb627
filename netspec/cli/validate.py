"""`netspec validate PATH...`"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from netspec.carry import is_safe_file
from netspec.cli.options import add_set, settings
from netspec.cli.validate_report import show
from netspec.diagnostics import Diagnostic
from netspec.errors import NetspecError
from netspec.files import expand, read_bytes, shown_name
from netspec.project.cache import Disk, Memory, Store, default_folder
from netspec.project.check import Checker
from netspec.project.config import Config, find_config, read_config
from netspec.project.matrix import merged
from netspec.project.selection import FAIL_ON, Selection, fails, prefixes
from netspec.report import RENDERERS, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec validate specs/ --format concise"
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="files, folders, globs, or - for standard input"
    )
    _add_reporting(parser.add_argument_group("what is reported, and how"))
    _add_checking(parser.add_argument_group("what is checked"))
    _add_fixing(parser.add_argument_group("what is mended"))
    add_set(parser)
    parser.add_argument(
        "--matrix",
        action="append",
        default=[],
        metavar="NAME=[VALUE,...]",
        help="check with each of these values of a param; of several, with every combination",
    )
    parser.set_defaults(run=run)


def _add_reporting(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--format", choices=sorted(RENDERERS), default="full", help="default: full")
    group.add_argument("--output-file", metavar="FILE", help="write the report there, not to standard output")
    group.add_argument("--select", metavar="CODES", help="report only these, e.g. NS4,NS501 (prefixes)")
    group.add_argument("--ignore", metavar="CODES", help="leave these warnings out (prefixes)")
    group.add_argument(
        "--fail-on", choices=FAIL_ON, help="the least severity that gives exit status 1 (default: error)"
    )
    group.add_argument("--baseline", metavar="FILE", help="leave out the findings that this file lists")
    group.add_argument(
        "--write-baseline", action="store_true", help="list what is found in the file of --baseline"
    )
    group.add_argument(
        "--statistics", action="store_true", help="count the findings by code, on standard error"
    )


def _add_checking(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--stdin-filename", metavar="NAME", help="what to call standard input; its `use` starts there"
    )
    group.add_argument(
        "--oracle",
        choices=["torch"],
        help="also run each step of good specs in the installed PyTorch, without values, and compare",
    )
    group.add_argument(
        "--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C"
    )
    group.add_argument("--config", metavar="FILE", help="default: the nearest pyproject.toml upwards")
    group.add_argument("--no-cache", action="store_true", help="check everything anew, and keep nothing")
    group.add_argument("--cache-dir", metavar="FOLDER", help="where outcomes are kept from run to run")


def _add_fixing(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--fix",
        action="store_true",
        help="mend the files by the fixes of what is found; for -, print the mended text",
    )
    group.add_argument(
        "--diff", action="store_true", help="print what --fix would change as a diff, and write nothing"
    )
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: also those that are a guess at what was meant",
    )


def run(options: argparse.Namespace) -> int:
    _require(options)
    store = None if options.no_cache else Disk(_cache_folder(options))
    if options.watch:
        _watch(options, Memory(store))
    return validate_once(options, Checker(store, options.oracle))


def _watch(options: argparse.Namespace, store: Store) -> NoReturn:
    from netspec.cli.watch import watch

    def check() -> set[str]:
        checker = Checker(store, options.oracle)
        validate_once(options, checker)
        return {*checker.used}.union(*checker.used.values())

    config = find_config(Path.cwd()) if options.config is None else options.config
    also = [str(path) for path in (config, options.baseline) if path is not None]
    watch(options.paths, also, check)


def _require(options: argparse.Namespace) -> None:
    """Faults of the call that argparse cannot see; NetspecError."""
    settings(options.set)
    if options.watch and ("-" in options.paths or options.write_baseline):
        raise NetspecError("--watch goes neither with standard input nor with --write-baseline")
    if options.fix or options.diff:
        _require_fixing(options)
    elif options.unsafe_fixes:
        raise NetspecError("--unsafe-fixes goes with --fix or --diff")
    if options.stdin_filename is not None and "-" not in options.paths:
        raise NetspecError("--stdin-filename is for standard input: give - as a path")


def _require_fixing(options: argparse.Namespace) -> None:
    if options.fix and options.diff:
        raise NetspecError("--fix writes the changes, --diff only shows them: give one of the two")
    option = "--fix" if options.fix else "--diff"
    if options.matrix:
        raise NetspecError(f"{option} mends for one choice of params: give it with --set, not with --matrix")
    for path in filter(is_safe_file, options.paths):
        raise NetspecError(f"{option} mends spec files; {path} holds the weights of a spec as it is")
    for name in ("watch", "oracle", "write_baseline"):
        if getattr(options, name):
            other = f"--{name.replace('_', '-')}"
            raise NetspecError(f"{option} does not go with {other}: mend first, then run {other}")


def _cache_folder(options: argparse.Namespace) -> Path:
    return Path(options.cache_dir) if options.cache_dir is not None else default_folder()


def validate_once(options: argparse.Namespace, checker: Checker) -> int:
    """Check and report; the exit status."""
    config = _config(options)
    selection = Selection(
        config.select if options.select is None else prefixes(options.select),
        config.ignore if options.ignore is None else prefixes(options.ignore),
        config.per_file,
    )
    checker.asked = selection.asked
    baseline, changed = _baseline(options, config), False
    if options.fix or options.diff:
        from netspec.cli.validate_fix import fixed

        report, changed = fixed(options, checker, selection, baseline)
    else:
        report = _checked(options, checker)
    kept = tuple(each for each in report.diagnostics if selection.wants(each))
    report = show(Report(report.paths, kept), options, baseline)
    fail_on = options.fail_on or config.fail_on or "error"
    return int(fails(report, fail_on) or (options.diff and changed and fail_on != "never"))


def _config(options: argparse.Namespace) -> Config:
    path = find_config(Path.cwd()) if options.config is None else Path(options.config)
    return Config() if path is None else read_config(path, _short(path))


def _short(path: Path) -> str:
    """A path as seen from the working directory, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _baseline(options: argparse.Namespace, config: Config) -> str | None:
    """The file of the baseline; a path in the settings starts at their folder."""
    if options.baseline is not None:
        return str(options.baseline)
    if config.baseline is not None:
        return str(config.folder / config.baseline)
    if options.write_baseline:
        raise NetspecError("--write-baseline needs a file: give it with --baseline FILE")
    return None


def _checked(options: argparse.Namespace, checker: Checker) -> Report:
    """Every file with every choice of params, in the order of the command line."""
    choices = _choices(options)
    names: list[str] = []
    found: list[Diagnostic] = []
    for path in expand(options.paths):
        name = options.stdin_filename if path == "-" and options.stdin_filename else shown_name(path)
        data = read_bytes(path)
        names.append(name)
        given = tuple(options.set)
        found += merged([(each, checker.check(name, data, (*given, *each))) for each in choices])
    return Report(tuple(names), tuple(found))


def _choices(options: argparse.Namespace) -> list[tuple[str, ...]]:
    if not options.matrix:
        return [()]
    from netspec.project.settings import combinations

    return combinations(options.matrix)
