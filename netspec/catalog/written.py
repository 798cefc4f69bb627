"""ARGS of an op that is itself an argument, as a spec writes them -> positional and keyword arguments.

>>> written([6, 2, {"batch_first": True}])
((6, 2), {'batch_first': True})
>>> written(3)
((3,), {})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def written(arguments: Any) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """A mapping gives keywords; a list gives positions, and may end with a mapping; else one position."""
    match arguments:
        case None:
            return (), {}
        case dict():
            return (), arguments
        case list() | tuple():
            if arguments and isinstance(arguments[-1], dict):
                return tuple(arguments[:-1]), arguments[-1]
            return tuple(arguments), {}
    return (arguments,), {}
