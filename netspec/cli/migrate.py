"""`netspec migrate OLD NEW -o FILE`: the weights of one network, as far as they fit, for a changed one."""

from __future__ import annotations

import argparse

from netspec.api import migrate
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec migrate net.safetensors specs/wider.yaml -o wider.safetensors"
    parser.add_argument("old", metavar="OLD", help="the weights, a .safetensors file")
    parser.add_argument("new", metavar="NEW", help="the spec of the network that they are for")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="an existing file stays")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="for the weights that are not carried over (default: 0)",
    )
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = migrate(
        options.old,
        options.new,
        options.output,
        seed=options.seed,
        force=options.force,
        **settings(options.set),
    )
    say(str(found))
    return 0
