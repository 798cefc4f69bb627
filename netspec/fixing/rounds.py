"""Apply, check, and again, until nothing more is to be mended.

A fix stays only where the files have no more errors with it than without, so that the worst that a
fix can do is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from netspec.diagnostics import Fix
from netspec.fixing.edits import chosen, compatible
from netspec.fixing.workspace import Contents, Found, Workspace

MOST_ROUNDS = 10
Wanted: TypeAlias = Callable[[Found], Found]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the files hold in the end, what is found in them then, and how many fixes were applied.

    `held_back` counts the findings whose fixes are all unsafe, where those were not asked for."""

    contents: Contents
    found: Found
    fixed: int = 0
    held_back: int = 0


def mend(workspace: Workspace, contents: Contents, *, unsafe: bool, wanted: Wanted) -> Outcome:
    """Mend, in memory, what `wanted` leaves of the findings."""
    states = [Outcome(contents, workspace.check(contents))]
    for _ in range(MOST_ROUNDS):
        last = states[-1]
        fixes = _fixes(workspace, last.contents, wanted(last.found), unsafe=unsafe)
        kept, contents, found = _kept(workspace, last.contents, last.found, fixes)
        known = next((each for each in states if each.contents == contents), None)
        if known is not None:
            # The end; or two fixes undo each other, and neither is to stay.
            end = known
            break
        states.append(Outcome(contents, found, last.fixed + len(kept)))
    else:
        end = min(states, key=lambda each: errors(each.found))
    held_back = sum(bool(each.fixes) and chosen(each, unsafe=unsafe) is None for each in wanted(end.found))
    return replace(end, held_back=held_back)


def _fixes(workspace: Workspace, contents: Contents, found: Found, *, unsafe: bool) -> list[Fix]:
    """One fix for each finding, as far as they do not touch each other."""
    fixes = (chosen(each, unsafe=unsafe) for each in found)
    able = (fix for fix in fixes if fix is not None and workspace.can_edit(fix, contents))
    return compatible(able, workspace.file_of)


def _kept(
    workspace: Workspace, contents: Contents, found: Found, fixes: list[Fix]
) -> tuple[list[Fix], Contents, Found]:
    """The fixes that may stay: all of them where they go together, else each that does no harm."""
    together = workspace.apply(fixes, contents)
    after = workspace.check(together)
    if errors(after) <= errors(found):
        return fixes, together, after
    kept: list[Fix] = []
    for fix in fixes if len(fixes) > 1 else []:
        after = workspace.check(workspace.apply([*kept, fix], contents))
        if errors(after) <= errors(found):
            kept.append(fix)
            found = after
    return kept, workspace.apply(kept, contents), found


def errors(found: Found) -> int:
    """How many errors there are; one that the checks of two files report counts once."""
    return len({each.sort_key for each in found if each.severity == "error"})
