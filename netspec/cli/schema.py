"""`netspec schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import argparse

from netspec.cli.terminal import say
from netspec.schema.spec import spec_schema, text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec schema > netspec.schema.json"
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    say(text(spec_schema()).removesuffix("\n"))
    return 0
