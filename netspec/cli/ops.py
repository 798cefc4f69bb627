"""`netspec ops [PATTERN]`: the catalog."""

from __future__ import annotations

import argparse
import fnmatch
import json
from typing import Any

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
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="say which ops have no shape rule, or one that knows less, and why",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    found = [op for op in _matching(ops(), options.pattern) if options.kind in (None, op.kind)]
    if not found:
        raise NetspecError(
            f"no op matches {options.pattern or options.kind!r}; `netspec ops` lists all of them"
        )
    if options.coverage:
        say(json.dumps(coverage(found), indent=2) if options.format == "json" else coverage_text(found))
        return 0
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


def coverage(found: list[Op]) -> dict[str, Any]:
    """What the shape rules of these ops do not cover: each with its reason."""
    from netspec.shapes.rules.functions.counted import BY_VALUES, SOMETIMES

    names = [op.name for op in found]
    return {
        "ops": len(found),
        "with_rule": sum(map(has_rule, found)),
        "without_rule": [op.name for op in found if not has_rule(op)],
        "dtype_alone": {
            name: SOMETIMES.get(name, "always") for name in names if name in BY_VALUES or name in SOMETIMES
        },
    }


def coverage_text(found: list[Op]) -> str:
    """The same for people."""
    covered = coverage(found)
    lines = [
        f"{covered['with_rule']:,} of {covered['ops']:,} ops have a rule for the shapes and dtypes they make"
    ]
    lines += [f"no rule: {name}" for name in covered["without_rule"]]
    if covered["dtype_alone"]:
        lines += ["", "of these, the rule knows the dtype alone, as values decide how long the result is:"]
        lines += [
            "  " + line for line in table(("op", "when"), [*covered["dtype_alone"].items()]).splitlines()
        ]
    return "\n".join(lines)


def _matching(catalog: Catalog, pattern: str | None) -> list[Op]:
    names = [*catalog.modules, *catalog.functions]
    if pattern is not None:
        exact = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        names = exact or [name for name in names if pattern.casefold() in name.casefold()]
    found = (catalog.get(name) for name in names)
    return [op for op in found if op is not None]
