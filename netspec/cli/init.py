"""`netspec init NAME`: a starter spec that validates, with comments and the editor modeline.
`netspec init --recipe SPEC`: a recipe that trains a spec.
"""

from __future__ import annotations

import argparse
import os
from importlib.resources import files
from pathlib import Path

from netspec.cli.compile import write_new
from netspec.cli.terminal import say, warn
from netspec.diagnostics import Collector
from netspec.document.words import is_identifier
from netspec.errors import NetspecError
from netspec.files import read_source
from netspec.pipeline import check

SCHEMA = "netspec.schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples: netspec init Classifier; netspec init --recipe classifier.yaml"
    parser.add_argument("name", metavar="NAME", help="the class name, such as Classifier; or a spec")
    parser.add_argument("--recipe", action="store_true", help="a recipe that trains the spec NAME")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: the name in small letters, with .yaml"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.recipe:
        return _write_recipe(options.name, options.output)
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


def _write_recipe(spec: str, output: str | None) -> int:
    # Specs are begun without the runner.
    from netspec.runner.recipe.draft import draft

    collector = Collector()
    source = read_source(spec, collector)
    if source is None:
        raise NetspecError(f"{spec} is not UTF-8 text")
    path = Path(output or f"{Path(spec).stem}_recipe.yaml")
    text = draft(os.path.relpath(spec, path.parent), check(source))
    write_new(str(path), text, force=False, advice="give another name with -o")
    say(str(path))
    warn(f"next: netspec validate {path}; netspec train {path}")
    return 0
