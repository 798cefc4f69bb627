"""`netspec show SPEC`: exactly what `print(net)` prints. The weights are never made."""

from __future__ import annotations

import argparse

from netspec.api import compile
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec show specs/mnist.yaml"
    parser.add_argument("spec", metavar="SPEC", help="a spec file, or - for standard input")
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    say(str(compile(options.spec, device="meta", **settings(options.set))))
    return 0
