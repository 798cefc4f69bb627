"""`netspec summary SPEC`: the table of steps; needs no torch."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from netspec.api import summary
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say
from netspec.errors import NetspecError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec summary specs/mnist.yaml --batch 32"
    parser.add_argument("spec", metavar="SPEC", help="a spec file, or - for standard input")
    parser.add_argument(
        "--format", choices=["text", "json", "markdown", "html"], default="text", help="default: text"
    )
    parser.add_argument(
        "--depth", type=_positive, metavar="N", help="levels of blocks to show; default: every step"
    )
    parser.add_argument(
        "--batch", type=_positive, metavar="N", help="amounts for a batch of so many, in place of formulas"
    )
    parser.add_argument(
        "--size",
        action="append",
        default=[],
        metavar="NAME=N",
        help="the same for another size; may be repeated",
    )
    add_set(parser)
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return number


def run(options: argparse.Namespace) -> int:
    found = summary(options.spec, **settings(options.set))
    if options.batch is not None:
        found = found.at_batch(options.batch)
    if options.size:
        found = found.at(**dict(map(_size, options.size)))
    match options.format:
        case "json":
            say(json.dumps(found.to_dict(), indent=2))
        case "markdown":
            say(found.markdown(depth=options.depth))
        case "html":
            say(found.html(depth=options.depth).removesuffix("\n"))
        case _:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            say(found.text(depth=options.depth, width=width))
    return 0


def _size(given: str) -> tuple[str, int]:
    name, _, number = given.partition("=")
    if not number.isdecimal() or int(number) < 1:
        raise NetspecError(f"--size takes NAME=N with N of at least 1, not {given!r}")
    return name, int(number)
