"""What loops and conditions hand on, reduced to what is read again: `without_dead(module)`.

A loop may change the current value although every step says where it takes its operands from. Such
a value is no state of the loop, and neither the source nor a lint should take it for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.resolve.mentions import asked, mentioned, values_in
from netspec.resolve.program import Call, Carried, Item, Module, StepChoice, StepLoop, StepSizes


def without_dead(module: Module) -> Module:
    """The module with only those carried values that a step or an output reads."""
    live = {ref.value for ref in module.returned} | set(_read(module.forward))
    carried = list(_carried(module.forward))
    known = -1
    while known < len(live):
        known = len(live)
        for each in carried:
            if each.after in live:
                live |= {each.before, each.end}
    return replace(module, forward=_kept(module.forward, live))


def _read(items: tuple[Item, ...]) -> Iterator[int]:
    for item in items:
        match item:
            case Call():
                yield from values_in(item)
            case StepSizes():
                yield from mentioned(item.operand)
            case StepLoop() | StepChoice():
                yield from asked(item)
                yield from _read(item.body)


def _carried(items: tuple[Item, ...]) -> Iterator[Carried]:
    for item in items:
        if isinstance(item, StepLoop | StepChoice):
            yield from item.carried
            yield from _carried(item.body)


def _kept(items: tuple[Item, ...], live: set[int]) -> tuple[Item, ...]:
    return tuple(
        replace(
            item,
            body=_kept(item.body, live),
            carried=tuple(each for each in item.carried if each.after in live),
        )
        if isinstance(item, StepLoop | StepChoice)
        else item
        for item in items
    )
