"""Options that several commands share."""

from __future__ import annotations

import argparse
from typing import Any


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a param a value, written as in YAML; may be repeated",
    )


def settings(given: list[str]) -> dict[str, Any]:
    """What `--set` gives, as a mapping; NetspecError if malformed."""
    if not given:
        return {}
    # The reader of YAML is imported only where there is something to read.
    from netspec.project.settings import settings as read

    return read(given)
