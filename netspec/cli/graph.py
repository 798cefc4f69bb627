"""`netspec graph SPEC`: the diagram; needs no torch, no network and no other tool."""

from __future__ import annotations

import argparse

from netspec.api import diagram
from netspec.cli.compile import write_new
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say, warn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec graph specs/mnist.yaml --format html -o mnist.html"
    parser.add_argument("spec", metavar="SPEC", help="a spec file, or - for standard input")
    parser.add_argument("--format", choices=["mermaid", "dot"], help="default: mermaid")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it there; an existing file stays")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--depth", type=int, metavar="N", help="levels of blocks to open; default: as many as are legible"
    )
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = diagram(options.spec, **settings(options.set))
    text = getattr(found, options.format or "mermaid")(options.depth)
    if options.output is None:
        say(text.removesuffix("\n"))
        return 0
    write_new(options.output, text, force=options.force)
    warn(f"wrote {options.output}")
    return 0
