"""`netspec diff A B`: what is different between two networks; needs no torch."""

from __future__ import annotations

import argparse

from netspec.api import diff
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: netspec diff HEAD~1:specs/net.yaml specs/net.yaml\n"
        "         netspec diff net.safetensors specs/net.yaml --exit-code"
    )
    what = "a spec, a safe file, or REVISION:PATH of git"
    parser.add_argument("before", metavar="A", help=what)
    parser.add_argument("after", metavar="B", help=what)
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="default: text"
    )
    parser.add_argument("--exit-code", action="store_true", help="exit status 1 where there is a difference")
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = diff(options.before, options.after, **settings(options.set))
    say(found.render(options.format))
    return int(options.exit_code and bool(found))
