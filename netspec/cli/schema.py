"""`netspec schema`: the JSON Schema of specs, or of recipes, for editors."""

from __future__ import annotations

import argparse

from netspec.cli.terminal import say
from netspec.runner.recipe.schema import recipe_schema
from netspec.schema.spec import spec_schema, text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec schema > netspec.schema.json"
    parser.add_argument("--recipe", action="store_true", help="the schema of recipes, not of specs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    schema = recipe_schema() if options.recipe else spec_schema()
    say(text(schema).removesuffix("\n"))
    return 0
