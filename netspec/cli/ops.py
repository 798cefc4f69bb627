"""`netspec ops [PATTERN]`: the catalog."""

from __future__ import annotations

import argparse
import fnmatch
import json

from netspec.catalog.load import Catalog, ops
from netspec.catalog.model import Op
from netspec.cli.terminal import say
from netspec.errors import NetspecError
from netspec.shapes.rules import rule_for
from netspec.views.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example: netspec ops 'Conv*'"
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="a name, part of one, or with * and ?")
    parser.add_argument("--kind", choices=["module", "function", "method"], help="only ops of this kind")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = [op for op in _matching(ops(), options.pattern) if options.kind in (None, op.kind)]
    if not found:
        raise NetspecError(
            f"no op matches {options.pattern or options.kind!r}; `netspec ops` lists all of them"
        )
    if options.format == "json":
        rows = [
            {"name": o.name, "kind": o.kind, "source": o.source, "shape_rule": has_rule(o)} for o in found
        ]
        say(json.dumps(rows, indent=2))
        return 0
    lines = [(op.name, op.kind, op.source, "yes" if has_rule(op) else "no") for op in found]
    say(table(("op", "kind", "in Python", "shape rule"), lines))
    return 0


def has_rule(op: Op) -> bool:
    return rule_for(op.name) is not None


def _matching(catalog: Catalog, pattern: str | None) -> list[Op]:
    names = [*catalog.modules, *catalog.functions]
    if pattern is not None:
        exact = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        names = exact or [name for name in names if pattern.casefold() in name.casefold()]
    found = (catalog.get(name) for name in names)
    return [op for op in found if op is not None]
