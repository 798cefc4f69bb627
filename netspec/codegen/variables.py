"""Values -> variable names: `Variables(module, reserved)`.

A value that has a name in the spec keeps it. Others flow on in the variable of what they are made
from, once that is no longer needed, so that straight steps read `x = F.relu(x)`; where the flow
forks, the new variable is `out`, else what made the value. What a loop or condition hands on keeps
one variable through it; where that is impossible, the source copies (`x = out`).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator

from netspec.catalog.language import APPEND, ASSIGN
from netspec.document.words import is_identifier
from netspec.resolve.mentions import asked, mentioned, values_in
from netspec.resolve.program import (
    Call,
    Carried,
    Item,
    Module,
    StepChoice,
    StepLets,
    StepLoop,
    StepSizes,
    ValueRef,
)
from netspec.resolve.step_names import is_factory


class Variables:
    """The variable of every value of one forward."""

    def __init__(self, module: Module, reserved: frozenset[str]) -> None:
        self.module = module
        self.reserved = reserved
        self.of: dict[int, str] = {}
        self._held: dict[str, int] = {}
        self._flow = module.inputs[0].name if module.inputs else "x"
        self._positions: dict[int, int] = {}
        self._wanted: dict[int, str] = {}
        end = _number(module.forward, 0, self._positions)
        self._last_use: dict[int, int] = {}
        self._device = next((each.value for each in module.inputs if each.integers is None), None)
        _last_uses(module.forward, self._positions, self._last_use, self._device)
        for ref in module.returned:
            self._last_use[ref.value] = end
        for each in module.inputs:
            self._take(each.value, each.name)
            if each.integers is not None or each.structure:
                # Expressions mention integers by their name; TorchScript lets no variable change its type.
                self._last_use[each.value] = end
        self.of.update({owned.value: f"self.{owned.name}" for owned in module.owned})
        self._items(module.forward)

    def _items(self, items: Iterable[Item]) -> None:
        for item in items:
            match item:
                case Call():
                    self._results(item)
                case StepLoop():
                    self._loop(item)
                case StepChoice():
                    self._choice(item)

    def _results(self, call: Call) -> None:
        position = self._positions[id(call)]
        layer = self.module.layer(_static(call)) if call.layer is not None else None
        loops = layer is not None and layer.container == "ModuleList"
        single = not call.results.unpack
        if call.op in (APPEND, ASSIGN) and call.operands:
            # What is written to is the same object before and after.
            first, result = call.operands[0], call.results.flat[0]
            if isinstance(first, ValueRef) and (call.op is APPEND or self.module.values[result].name is None):
                self._take(result, self.of.get(first.value, "out"))
                return
        for value in call.results.flat:
            name = self.module.values[value].name
            candidates = self._candidates(position, call, single)
            if name is not None:
                candidates = iter((name,))
            elif value in self._wanted:
                candidates = itertools.chain((self._wanted[value],), candidates)
            # A loop over members writes its variable while the other operands are still needed.
            busy = {self.of.get(v) for each in call.operands[1:] for v in mentioned(each)} if loops else set()
            self._take(value, self._free(candidates, position, name or "out", busy))
        if call.collect is not None:
            name = self.module.values[call.collect].name or "collected"
            # The list is begun while what flows is still needed.
            read = {self.of.get(value) for value in (*values_in(call), *call.results.flat)}
            self._take(call.collect, self._free(iter((name,)), position, name, read))

    def _loop(self, loop: StepLoop) -> None:
        start = self._positions[id(loop)]
        outside = {}
        taken: set[str] = set()
        for each in loop.carried:
            self._take(each.after, self._joint(each, start, _end(loop, self._positions), taken))
            taken.add(self.of[each.after])
            self._wanted[each.end] = self.of[each.after]
            # Inside, the variable is free once the turn has read it.
            outside[each.after] = self._last_use.get(each.after, -1)
            inside: dict[int, int] = {}
            _last_uses(loop.body, self._positions, inside, self._device)
            self._last_use[each.after] = inside.get(each.after, start)
        self._items(loop.body)
        self._last_use.update(outside)
        for each in loop.carried:
            self._held[self.of[each.after]] = each.after

    def _choice(self, choice: StepChoice) -> None:
        start = self._positions[id(choice)]
        taken: set[str] = set()
        for each in choice.carried:
            self.of[each.after] = self._joint(each, start, _end(choice, self._positions), taken)
            self._wanted.setdefault(each.end, self.of[each.after])
            taken.add(self.of[each.after])
        self._items(choice.body)
        for each in choice.carried:
            self._held[self.of[each.after]] = each.after

    def _joint(self, each: Carried, start: int, end: int, taken: Collection[str]) -> str:
        """The variable of a value before, in and after the steps that may change it; `taken` are those
        of the other values that these steps may change."""
        name = self.module.values[each.after].name
        before = self.of.get(each.before)
        last = self._last_use.get(each.before, -1)
        if before is not None and before not in taken and name in (None, before) and last <= end:
            return before
        candidates = iter((name,)) if name is not None else iter((self._flow, "out"))
        return self._free(candidates, start, name or "out", taken)

    def _take(self, value: int, name: str) -> None:
        self.of[value] = name
        self._held[name] = value

    def _free(
        self, candidates: Iterator[str], position: int, base: str, busy: Collection[str | None] = ()
    ) -> str:
        numbered = (f"{base}{number}" for number in itertools.count(2))
        for name in itertools.chain(candidates, numbered):
            if name not in busy and self._is_free(name, position):
                return name
        raise AssertionError("unreachable: numbers do not end")

    def _is_free(self, name: str, position: int) -> bool:
        """Whether no value that is needed after this position lives in the variable."""
        if name in self.reserved:
            return False
        held = self._held.get(name)
        return held is None or self._last_use.get(held, -1) <= position

    def _candidates(self, position: int, call: Call, single: bool) -> Iterator[str]:
        first = call.operands[0] if call.operands else None
        if single and isinstance(first, ValueRef) and first.value in self.of:
            info = self.module.values[first.value]
            if info.name is None or info.name == self._flow:
                yield self.of[first.value]
            if self._last_use.get(first.value, -1) > position:
                yield "out"
        yield self._flow
        yield "out"
        callee = _static(call)[-1] if call.layer is not None else call.name
        if is_identifier(callee.strip("_")):
            yield callee.strip("_")


def _static(call: Call) -> tuple[str, ...]:
    """The path as far as it is text; an expression matches no layer."""
    return tuple(part if isinstance(part, str) else "$" for part in call.layer or ())


def _number(items: tuple[Item, ...], start: int, positions: dict[int, int]) -> int:
    """Give every item a position in the order of the text; returns the first one behind them."""
    for item in items:
        positions[id(item)] = start
        start += 1
        if isinstance(item, StepLoop | StepChoice):
            start = _number(item.body, start, positions) + 1
    return start


def _end(item: StepLoop | StepChoice, positions: dict[int, int]) -> int:
    return _number(item.body, positions[id(item)] + 1, {})


def _last_uses(
    items: tuple[Item, ...], positions: dict[int, int], found: dict[int, int], device: int | None
) -> None:
    """The last position at which a value is needed. What a loop reads from outside is needed until
    its end, since the next turn reads it again."""
    for item in items:
        if isinstance(item, Call | StepSizes | StepLets):
            read = values_in(item) if isinstance(item, Call) else _named(item)
            found.update(dict.fromkeys(read, positions[id(item)]))
            if isinstance(item, Call) and is_factory(item.op) and device is not None:
                # A factory is given the device of the first input.
                found[device] = positions[id(item)]
            continue
        inside: dict[int, int] = {}
        _last_uses(item.body, positions, inside, device)
        end = _end(item, positions)
        made = _made(item.body)
        own = {each.after for each in item.carried} if isinstance(item, StepLoop) else set()
        for value, position in inside.items():
            again = isinstance(item, StepLoop) and value not in made and value not in own
            found[value] = end if again else position
        found.update({value: max(found.get(value, -1), positions[id(item)]) for value in asked(item)})
        for each in item.carried:
            found[each.before] = max(found.get(each.before, -1), positions[id(item)])
            found[each.end] = end


def _named(item: StepSizes | StepLets) -> Iterator[int]:
    if isinstance(item, StepSizes):
        yield from mentioned(item.operand)


def _made(items: tuple[Item, ...]) -> set[int]:
    found: set[int] = set()
    for item in items:
        if isinstance(item, Call):
            found.update(item.made)
        elif isinstance(item, StepLoop | StepChoice):
            found |= _made(item.body) | {each.after for each in item.carried}
    return found
