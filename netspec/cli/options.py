"""Options that several commands share."""

from __future__ import annotations

import argparse
from typing import Any

from netspec.diagnostics import Collector, Source
from netspec.errors import NetspecError
from netspec.resolve.params import literal
from netspec.syntax import read


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a param a value, written as in YAML; may be repeated",
    )


def settings(given: list[str]) -> dict[str, Any]:
    """`["width=32", "depths=[2, 2]"]` as a mapping, values read as YAML; NetspecError if malformed.

    >>> settings(["width=32", "rate=1e-3", "norm=batch"])
    {'width': 32, 'rate': 0.001, 'norm': 'batch'}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise NetspecError(f"--set {text}: write --set NAME=VALUE")
        collector = Collector()
        document = read(Source("--set", value), collector)
        if document is None or collector.has_errors:
            reasons = "; ".join(each.message for each in collector.diagnostics)
            raise NetspecError(f"--set {text}: {reasons}")
        found[name.strip()] = literal(document.root)
    return found
