"""Tries the changes, keeps those after which the file is right, and says what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netspec.diagnostics import Diagnostic, Source
from netspec.mending.arguments import rearranged
from netspec.mending.change import Change
from netspec.mending.declarations import declared
from netspec.mending.names import redimensioned, renamed, retyped
from netspec.mending.numbers import recomputed, resized, revalued
from netspec.mending.scene import Scene
from netspec.mending.sources import sourced
from netspec.mending.telling import told
from netspec.syntax import Document, Mapping

Check = Callable[[Source], bool]
Family = Callable[[Scene], Iterator[Change]]
_NAMES = frozenset("NS201 NS208 NS212 NS301".split())
_VALUES = frozenset("NS203 NS204 NS205 NS303 NS304".split())
_SHAPES = frozenset("NS211 NS401 NS402 NS403 NS404 NS405 NS406 NS407 NS408 NS410 NS411 NS412".split())
_HERE = frozenset("NS203 NS406 NS410 NS411".split())
"""Of these a change elsewhere says too little: many would do."""
_MOST_PLACES = 3
_MORE = 6
"""How many changes at least are still tried once one has mended the file: another place may have one, too."""


def mend(found: Sequence[Diagnostic], document: Document, check: Check, most: int) -> Diagnostic | None:
    """The one mistake behind the findings, with its change; None where no small change mends the file.

    `check` says whether a text is right; it is asked at most `most` times.
    """
    source = document.source
    errors = [each for each in found if each.severity == "error"]
    if not errors or not isinstance(document.root, Mapping):
        return None
    # What `assert` says fails as a consequence of everything else; and other files come last.
    errors.sort(key=lambda each: (each.code == "NS411", each.span.source is not source))
    unused = tuple(each.span.text for each in found if each.code in ("NS501", "NS502"))
    scene = Scene(source, document.root, tuple(errors), unused)
    kept: list[Change] = []
    last = most
    for number, change in enumerate(_tried(scene, most)):
        if number >= last:
            break
        if check(change.applied(source)):
            kept.append(change)
            last = min(last, number + max(_MORE, most // 3) + 1)
    places = [changes[0] for changes in _by_place(kept)]
    if scene.errors[0].code in _HERE and not scene.has_exact_claim:
        places = [each for each in places if each.telling or each.line == scene.line]
    return told(scene, places) if 0 < len(places) <= _MOST_PLACES else None


def _tried(scene: Scene, most: int) -> Iterator[Change]:
    """The changes in the order of trying, each text once."""
    first = scene.errors[0]
    of_a_size = "is an integer of at least" in first.message
    families = _families("NS205" if of_a_size else first.code)
    changes = sorted((each for family in families for each in family(scene)), key=lambda each: each.order)
    seen: set[str] = set()
    for change in [*_fixes(scene, changes), *changes]:
        text = change.applied(scene.source).text
        if text not in seen:
            seen.add(text)
            yield change
        if len(seen) >= most:
            return


def _fixes(scene: Scene, changes: list[Change]) -> Iterator[Change]:
    """What the first finding proposes itself, with what speaks for it."""
    first = scene.errors[0]
    likely = {change.edits: change.likely for change in changes}
    for fix in first.fixes:
        if all(edit.span.source is scene.source for edit in fix.edits):
            yield Change(fix.edits, first.span, fix.title, likely=likely.get(fix.edits, (0.0,)))


def _families(code: str) -> tuple[Family, ...]:
    """What to try for a finding. Of a name that leads nowhere, the numbers in expressions alone may be wrong;
    and a value of the wrong type or range says too little for sums to be tried."""
    if code in _NAMES:
        return (renamed, sourced, recomputed)
    if code in _VALUES:
        return (retyped, renamed, revalued, sourced, rearranged)
    return (renamed, resized, redimensioned, declared, sourced, rearranged) if code in _SHAPES else ()


def _by_place(kept: list[Change]) -> list[list[Change]]:
    """The changes of each line, the likeliest first, and the likeliest line first."""
    lines: dict[int, list[Change]] = {}
    for change in kept:
        lines.setdefault(change.line, []).append(change)
    for changes in lines.values():
        changes.sort(key=lambda change: change.likely, reverse=True)
    return sorted(lines.values(), key=lambda changes: changes[0].likely, reverse=True)
