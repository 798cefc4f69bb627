"""What a finding says once it is known which changes mend the file."""

from __future__ import annotations

import re
from dataclasses import replace

from netspec.diagnostics import Diagnostic, Label
from netspec.mending.change import Change
from netspec.mending.scene import Scene

_SPECIFIC = re.compile(r"(write|declare|bound|give)\b.*`")
"""A help that knows what to write: better than a change that would do as well elsewhere."""


def told(scene: Scene, changes: list[Change]) -> Diagnostic:
    """The first finding in the light of the changes that mend the file, the likeliest of each place in order.

    Where one place is likelier than all others, the finding moves there, and its own place becomes a label.
    """
    first = scene.errors[0]
    best, *others = changes
    there = first.span.source is scene.source and first.span.start_position.line == best.line
    fixes = (best.fix, *(each.fix for each in others))
    if (there and not others) or (best.likely < (1.0,) and _SPECIFIC.match(first.help or "")):
        return _here(first, best)
    if others and others[0].likely >= best.likely:
        # Nothing tells which: the finding stays where it shows.
        return _undecided(first, changes)
    if there:
        return replace(first, notes=(*first.notes, _note(changes)), fixes=first.fixes or fixes)
    shows = Label(first.span, first.span_text or "shows here")
    labels = (shows, *(label for label in first.labels if label.span != best.span))
    return replace(
        first, message=best.message or first.message, span=best.span, span_text=_words(best), labels=labels,
        help=_note(changes), fixes=fixes,
    )  # fmt: skip


def _here(first: Diagnostic, change: Change) -> Diagnostic:
    """The finding as it is; with its own fix, there is nothing to add."""
    if first.fixes:
        return first
    return replace(first, notes=(*first.notes, _note([change])), fixes=(change.fix,))


def _undecided(first: Diagnostic, changes: list[Change]) -> Diagnostic:
    labels = [Label(each.span, _words(each)) for each in changes if each.span != first.span]
    known = {label.span for label in labels}
    kept = tuple(label for label in first.labels if label.span not in known)
    return replace(
        first, labels=(*kept, *labels), notes=(*first.notes, _note(changes)),
        fixes=(*first.fixes, *(each.fix for each in changes)),
    )  # fmt: skip


def _words(change: Change) -> str:
    return change.title[:1].lower() + change.title[1:]


def _note(changes: list[Change]) -> str:
    """`write `64` in place of `63` in line 12: with it, no error is left`."""
    texts = [f"{_words(each)} in line {each.line}" for each in changes]
    with_it = ("it", "either", "any of them")[len(texts) - 1]
    return f"{', or '.join(texts)}: with {with_it}, no error is left"
