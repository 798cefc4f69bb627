"""A name that leads nowhere leaves what it meant unused: no finding of its own."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic

_UNUSED = frozenset(("NS501", "NS502", "NS504"))
# Where such an error stands, what would have used a layer, value or param may have been lost.
_LOSES_USES = frozenset("NS103 NS104 NS106 NS201 NS208 NS212 NS301 NS302".split())


def without_consequences(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The findings without "never used" of a file in which some use may have been misread."""
    lost = {each.path for each in found if each.code in _LOSES_USES}
    return tuple(each for each in found if each.code not in _UNUSED or each.path not in lost)
