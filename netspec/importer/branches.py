"""Drafts in a row that belong together: branches of a step, calls of all members of a list."""

from __future__ import annotations

from collections import Counter

from netspec.importer.drafts import Draft, Source, uses_in

_MOST_IN_BRANCH = 6


def folded(drafts: list[Draft], outputs: list[int], first_input: int | None) -> list[Draft]:
    """Chains that begin at one value and end in one step become branches of that step."""
    uses = Counter(uses_in(drafts))
    uses.update(outputs)
    found: list[Draft] = []
    for draft in drafts:
        _fold_into(draft, found, uses, first_input)
        found.append(draft)
    for draft in found:
        if draft.train is not None and draft.eval is not None:
            draft.train = folded(draft.train, outputs + _joined(drafts), None)
            draft.eval = folded(draft.eval, outputs + _joined(drafts), None)
    return found


def _joined(drafts: list[Draft]) -> list[int]:
    return [value for draft in drafts for join in draft.joins for value in (join.train, join.eval)]


def _fold_into(draft: Draft, before: list[Draft], uses: Counter[int], first_input: int | None) -> None:
    """Take the chains that end in this step out of what comes before it."""
    if draft.named_sources or draft.mentions or len(draft.sources) < 2 or draft.op in ("when", "shape"):
        return
    end = len(before)
    chains: list[tuple[Source, list[Draft]]] = []
    start: int | None = None
    for source in reversed(draft.sources):
        if source.value is None or uses[source.value] != 1:
            continue
        chain = _chain(before[:end], source.value, uses)
        if not chain:
            break
        begins = chain[0].sources[0].value if chain[0].sources else None
        if start is not None and begins != start:
            break
        start = begins
        chains.append((source, chain))
        end -= len(chain)
    current = before[end - 1].value if end else first_input
    while chains and (current is None or current != start):
        _, chain = chains.pop()
        end += len(chain)
        current = before[end - 1].value if end else first_input
    if not chains or not _is_worth_it(draft, chains, start):
        return
    made = {value for _, chain in chains for each in chain for value in [each.value] if value is not None}
    if any(source.value in made for source in draft.sources if source not in [each for each, _ in chains]):
        return
    for source, chain in chains:
        source.value, source.branch = None, chain
        chain[0].sources[0] = Source(value=start)
    del before[end:]


def _is_worth_it(draft: Draft, chains: list[tuple[Source, list[Draft]]], start: int | None) -> bool:
    """A branch shows how a value goes two ways; what goes one way is a plain sequence."""
    return len(chains) > 1 or any(source.value == start for source in draft.sources)


def _chain(before: list[Draft], value: int, uses: Counter[int]) -> list[Draft]:
    """The steps at the end of `before` that make `value`, each from what the one above it makes."""
    found: list[Draft] = []
    wanted = value
    for draft in reversed(before):
        if draft.value != wanted or len(found) == _MOST_IN_BRANCH or draft.op in ("when", "shape", "assign"):
            break
        if draft.named_sources or draft.mentions or len(draft.sources) != 1 or draft.sources[0].value is None:
            break
        found.append(draft)
        wanted = draft.sources[0].value
        if uses[wanted] != 1:
            break
    return found[::-1]


def members_in_order(drafts: list[Draft], lists: dict[str, int], outputs: list[int]) -> list[Draft]:
    """Calls of all members of a `ModuleList`, one after another, become one call of the list."""
    found: list[Draft] = []
    position = 0
    while position < len(drafts):
        length = _run_of_members(drafts, position, lists, outputs)
        if length > 1:
            first, last = drafts[position], drafts[position + length - 1]
            found.append(Draft(first.op.rpartition(".")[0], sources=first.sources, results=last.results))
            position += length
        else:
            found.append(drafts[position])
            position += 1
    return found


def _run_of_members(drafts: list[Draft], start: int, lists: dict[str, int], outputs: list[int]) -> int:
    """How many steps from here on are the members of one list, each on what the one before made."""
    parent, _, index = drafts[start].op.rpartition(".")
    length = lists.get(parent, 0)
    run = drafts[start : start + length]
    if index != "0" or len(run) < length:
        return 0
    uses = Counter([*uses_in(drafts), *outputs])
    for i, draft in enumerate(run):
        if (
            draft.op != f"{parent}.{i}"
            or draft.kwargs
            or draft.args
            or draft.named_sources
            or draft.value is None
        ):
            return 0
        if not draft.sources or [each.value for each in draft.sources[1:]] != [
            each.value for each in run[0].sources[1:]
        ]:
            return 0
        if any(each.value is None for each in draft.sources):
            return 0
        if i and (draft.sources[0].value != run[i - 1].value or uses[draft.sources[0].value] != 1):  # type: ignore[index]
            return 0
    return length
