"""`netspec init NAME`: a starter spec that validates, with comments and the editor modeline."""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from netspec.cli.compile import write_new
from netspec.cli.terminal import say, warn
from netspec.document.words import is_identifier
from netspec.errors import NetspecError

SCHEMA = "netspec.schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec init Classifier"
    parser.add_argument("name", metavar="NAME", help="the class name, such as Classifier")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: the name in small letters, with .yaml"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not is_identifier(options.name):
        raise NetspecError(f"{options.name} cannot name a class: use letters, digits and _, e.g. Classifier")
    path = Path(options.output or f"{options.name.lower()}.yaml")
    starter = files("netspec.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    advice = "give another name with -o"
    write_new(str(path), starter.replace("NAME", options.name), force=False, advice=advice)
    schema = path.with_name(SCHEMA)
    if not schema.exists():
        text = files("netspec.schema").joinpath("spec.schema.json").read_text(encoding="utf-8")
        write_new(str(schema), text, force=False)
        warn(f"wrote {schema}, which editors read for completion")
    say(str(path))
    warn(f"next: netspec validate {path}; netspec show {path}")
    return 0
