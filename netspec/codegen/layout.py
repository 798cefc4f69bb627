"""Breaks long lines as formatters do: one argument a line, with a comma after the last."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 100
INDENT = "    "


def call_text(function: str, arguments: Iterable[str], *, brackets: str = "()") -> str:
    """`function(arguments)`: on one line if it is short and no argument is broken already.

    >>> call_text("nn.ReLU", [])
    'nn.ReLU()'
    """
    items = list(arguments)
    flat = f"{function}{brackets[0]}{', '.join(items)}{brackets[-1]}"
    # Statements begin with about 24 characters of indentation and target.
    if not any("\n" in item for item in items) and len(flat) <= WIDTH - 24:
        return flat
    return broken(function, items, brackets)


def broken(function: str, items: list[str], brackets: str = "()") -> str:
    """The same, always on several lines."""
    lines = [f"{function}{brackets[0]}"]
    lines += [indented(item) + "," for item in items]
    lines.append(brackets[-1])
    return "\n".join(lines)


def indented(text: str, depth: int = 1) -> str:
    """Every line that is not empty, moved right."""
    prefix = INDENT * depth
    return "\n".join(prefix + line if line else line for line in text.split("\n"))
