"""Names that are near a misspelled one.

>>> similar("kernal_size", ["kernel_size", "stride"])
('kernel_size',)
>>> near("strid", ["kernel_size", "stride"])
'stride'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def similar(name: str, known: Iterable[str], *, limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` known names near `name`, best first; letter case counts for little."""
    by_folded: dict[str, list[str]] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), []).append(candidate)
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=limit, cutoff=0.65)
    return tuple(candidate for match in matches for candidate in by_folded[match])[:limit]


def near(name: str, known: Iterable[str]) -> str | None:
    """The one name that is clearly nearest, or None where two are about as near."""
    known = list(known)
    turned = [each for each in known if sorted(each.casefold()) == sorted(name.casefold())]
    if len(turned) == 1:
        # Letters that change places are the commonest slip: `form` means `from`, not `for`.
        return turned[0]
    found = similar(name, known, limit=2)
    if not found:
        return None
    ratios = [difflib.SequenceMatcher(None, name.casefold(), c.casefold()).ratio() for c in found]
    if len(found) == 1 or ratios[0] - ratios[1] > 0.05:
        return found[0]
    return None
