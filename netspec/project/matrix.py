"""The findings of one file under several choices of params, as one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.diagnostics import Diagnostic


def merged(
    outcomes: Sequence[tuple[tuple[str, ...], tuple[Diagnostic, ...]]],
) -> tuple[Diagnostic, ...]:
    """Every finding once, in the order of the text. One that not all choices have says which ones do."""
    if len(outcomes) == 1:
        return outcomes[0][1]
    where: dict[tuple[str, int, str, str], list[tuple[str, ...]]] = {}
    first: dict[tuple[str, int, str, str], Diagnostic] = {}
    for choice, found in outcomes:
        for each in found:
            first.setdefault(each.sort_key, each)
            where.setdefault(each.sort_key, []).append(choice)
    return tuple(_noted(first[key], where[key], len(outcomes)) for key in sorted(first))


def _noted(found: Diagnostic, choices: list[tuple[str, ...]], count: int) -> Diagnostic:
    if len(choices) == count:
        return found
    which = "; ".join(", ".join(choice) for choice in choices)
    return replace(found, notes=(*found.notes, f"found for {which}"))
