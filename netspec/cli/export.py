"""`netspec export SPEC --to onnx -o FILE`: the network for other programs, compared with the module."""

from __future__ import annotations

import argparse

from netspec.api import export
from netspec.cli.options import add_set, settings
from netspec.cli.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec export net.safetensors --to onnx -o net.onnx"
    parser.add_argument(
        "spec",
        metavar="SPEC",
        help="a safe file with weights; or a spec, whose weights are drawn from --seed",
    )
    parser.add_argument(
        "--to", choices=["onnx", "pt2", "safetensors", "pt"], help="default: what the name of FILE ends in"
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="an existing file stays")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument(
        "--with", dest="given", action="append", default=[], metavar="INPUT",
        help="give this optional input, which is left out otherwise; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="for the weights of a spec (default: 0)"
    )
    add_set(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = export(
        options.spec,
        options.output,
        to=options.to,
        given=tuple(options.given),
        seed=options.seed,
        force=options.force,
        **settings(options.set),
    )
    say(str(found))
    return 0
