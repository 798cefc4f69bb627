"""`netspec graph SPEC`: the diagram; needs no torch, no network and no other tool."""

from __future__ import annotations

import argparse
from pathlib import Path

from netspec.api import diagram
from netspec.cli.compile import write_new
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say, warn

_BY_SUFFIX = {".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".html": "html", ".htm": "html"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec graph specs/mnist.yaml -o mnist.html"
    parser.add_argument("spec", metavar="SPEC", help="a spec file, or - for standard input")
    parser.add_argument(
        "--format",
        choices=["mermaid", "dot", "svg", "html"],
        help="default: what the ending of FILE says, else mermaid",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write it there; an existing file stays")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--depth", type=_depth, metavar="N", help="levels of blocks to open; default: as many as are legible"
    )
    add_set(parser)
    parser.set_defaults(run=run)


def _depth(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("levels count from 1")
    return number


def run(options: argparse.Namespace) -> int:
    name = options.output
    format = options.format or _BY_SUFFIX.get(Path(name or "").suffix.lower(), "mermaid")
    text: str = getattr(diagram(options.spec, **settings(options.set)), format)(options.depth)
    if name is None:
        say(text.removesuffix("\n"))
        return 0
    write_new(name, text, force=options.force)
    warn(f"wrote {name}")
    return 0
