"""The outcomes as a table: one line for each kind of mistake, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.mutation.outcome import Outcome

COLUMNS = (
    "kind",
    "mutants",
    "wrong",
    "reported",
    "at its line",
    "or labelled",
    "one finding",
    "mended",
    "false alarms",
)


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def counted(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """The columns of the table behind the first, as counts."""
    wrong = [each for each in outcomes if each.verdict.wrong]
    return {
        "mutants": len(outcomes),
        "wrong": len(wrong),
        "reported": sum(each.reported for each in wrong),
        "at its line": sum(each.placed for each in wrong),
        "or labelled": sum(each.labelled for each in wrong),
        "one finding": sum(each.alone and each.reported for each in wrong),
        "mended": sum(each.mended != "" for each in wrong),
        "false alarms": sum(each.reported for each in outcomes if not each.verdict.wrong),
    }


def table(outcomes: Iterable[Outcome]) -> str:
    kinds: dict[str, list[Outcome]] = {}
    for each in outcomes:
        kinds.setdefault(each.mutant.kind, []).append(each)
    rows = [(kind, counted(found)) for kind, found in kinds.items()]
    every = counted([each for found in kinds.values() for each in found])
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|---|" + "---:|" * (len(COLUMNS) - 1),
        *(_row(kind, found) for kind, found in rows),
        _row("**all**", every),
        _row("**of the wrong ones**", {**every, **_shares(every)}),
    ]
    return "\n".join(lines)


def _shares(every: dict[str, int]) -> dict[str, str]:
    kept = ("mutants", "wrong", "false alarms")
    shares = {name: share(count, every["wrong"]) for name, count in every.items() if name not in kept}
    return {**shares, "mutants": "", "wrong": "", "false alarms": ""}


def _row(kind: str, found: object) -> str:
    assert isinstance(found, dict)
    return "| " + " | ".join([kind, *(str(found[name]) for name in COLUMNS[1:])]) + " |"


def judged(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many mutants each verdict got."""
    return Counter(each.verdict.kind for each in outcomes)
