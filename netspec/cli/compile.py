"""`netspec compile SPEC... [-o FILE.py]`: the source, which runs with torch alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from netspec.api import source, standalone
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say, warn
from netspec.errors import NetspecError
from netspec.views.formatted import has_ruff


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec compile specs/mnist.yaml -o net.py"
    parser.add_argument("spec", metavar="SPEC", nargs="+", help="a spec file, or - for standard input")
    parser.add_argument(
        "--standalone",
        action="store_true",
        help="one module with the classes of all the specs that are named",
    )
    parser.add_argument(
        "--annotate", action="store_true", help="the shape of each result as a comment behind its line"
    )
    parser.add_argument(
        "--format", action="store_true", help="lay the source out by ruff, if it is installed"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the source there; an existing file stays"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    text = _source(options)
    if options.output is None:
        say(text.removesuffix("\n"))
        return 0
    write_new(options.output, text, force=options.force)
    warn(f"wrote {options.output}")
    return 0


def _source(options: argparse.Namespace) -> str:
    given = settings(options.set)
    if len(options.spec) > 1 and not options.standalone:
        raise NetspecError("to compile several specs into one module, give --standalone")
    if not (options.standalone or options.annotate or options.format):
        return source(options.spec[0], **given)
    form = options.format and has_ruff()
    if options.format and not form:
        warn("netspec: ruff is not installed, so that the source is laid out by netspec alone")
    return standalone(options.spec, annotate=options.annotate, format=form, **given)


def write_new(
    name: str, text: str, *, force: bool, advice: str = "give another name, or --force to replace it"
) -> None:
    """Write a file that must not exist yet, unless it may be replaced; `advice` is what to do if it does."""
    try:
        with Path(name).open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise NetspecError(f"{name} exists; {advice}") from None
    except OSError as error:
        raise NetspecError(f"{name}: {error.strerror or error}") from None
