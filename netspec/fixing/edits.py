"""Fixes -> a new text. Edits replace stretches of a text; all else in it stays, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netspec.diagnostics import Diagnostic, Edit, Fix


def chosen(found: Diagnostic, *, unsafe: bool) -> Fix | None:
    """The first fix of a diagnostic that may be applied."""
    return next((fix for fix in found.fixes if fix.edits and (unsafe or fix.safety == "safe")), None)


def compatible(fixes: Iterable[Fix], file_of: Callable[[Edit], str]) -> list[Fix]:
    """The fixes, in order, without those that touch what one before them changes, and without repeats."""
    kept: list[Fix] = []
    taken: list[tuple[str, int, int]] = []
    for fix in fixes:
        places = [(file_of(edit), edit.span.start, edit.span.end) for edit in fix.edits]
        if not any(_touch(place, other) for place in places for other in taken):
            kept.append(fix)
            taken += places
    return kept


def _touch(first: tuple[str, int, int], second: tuple[str, int, int]) -> bool:
    """Whether two stretches share a character, or the place between two."""
    return first[0] == second[0] and first[1] <= second[2] and second[1] <= first[2]


def edited(text: str, edits: Sequence[Edit]) -> str:
    """A text with edits applied that do not overlap. Line breaks that they add are as the text's first."""
    end = text.find("\n")
    own_break = "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"
    for edit in sorted(edits, key=lambda each: each.span.start, reverse=True):
        added = edit.text.replace("\r\n", "\n").replace("\n", own_break)
        text = text[: edit.span.start] + added + text[edit.span.end :]
    return text
