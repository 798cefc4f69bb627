"""Findings that follow from others: no findings of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from netspec.diagnostics import Diagnostic

_UNUSED = frozenset(("NS501", "NS502", "NS504"))
# Where such an error stands, what would have used a layer, value or param may have been lost.
_LOSES_USES = frozenset("NS103 NS104 NS106 NS201 NS208 NS212 NS301 NS302".split())


def without_consequences(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The findings without what the others bring about.

    A name that leads nowhere leaves what it meant unused; a file that cannot be read has the blocks that are
    missed; numbers that `assert` bounds are those of a network that is right; and what is written once, in a
    loop or a block, fails in each of its turns.
    """
    lost = {each.path for each in found if each.code in _LOSES_USES}
    unread = {each.path for each in found if each.code == "NS212" and "cannot be read" in each.message}
    wrong = any(each.severity == "error" and each.code != "NS411" for each in found)
    kept = (
        each for each in found
        if not (each.code in _UNUSED and each.path in lost)
        and not (each.code == "NS201" and each.path in unread)
        and not (each.code == "NS212" and each.path in unread and "cannot be read" not in each.message)
        and not (each.code == "NS411" and wrong)
    )  # fmt: skip
    return _once(tuple(kept))


def _once(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """One error of each kind for each place, the first."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    more: Counter[tuple[object, ...]] = Counter()
    for each in found:
        # Names that are nowhere and texts that are no expressions may be two in one place.
        apart = each.message if each.severity != "error" or each.code[:3] in ("NS0", "NS1", "NS2") else ""
        key = (each.path, each.span.start, each.span.end, each.code, apart)
        kept.setdefault(key, each)
        more[key] += 1
    return tuple(
        replace(each, notes=(*each.notes, f"{_times(more[key] - 1)} of this place fails likewise"))
        if more[key] > 1 else each
        for key, each in kept.items()
    )  # fmt: skip


def _times(count: int) -> str:
    return "another use" if count == 1 else f"each of {count} other uses"
