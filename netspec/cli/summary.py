"""`netspec summary SPEC`: the table of steps; needs no torch."""

from __future__ import annotations

import argparse
import json

from netspec.api import summary
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec summary specs/mnist.yaml --format json"
    parser.add_argument("spec", metavar="SPEC", help="a spec file, or - for standard input")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = summary(options.spec, **settings(options.set))
    say(str(found) if options.format == "text" else json.dumps(found.to_dict(), indent=2))
    return 0
