"""Values -> variable names: `assign(module, reserved)`.

A value that has a name in the spec keeps it. Others flow on in the variable of what they are made
from, once that is no longer needed, so that straight steps read `x = F.relu(x)`; where the flow
forks, the new variable is `out`, else what made the value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from netspec.document.words import is_identifier
from netspec.resolve.forward import is_factory
from netspec.resolve.program import Call, Module, Operand, OperandList, ValueRef


class Variables:
    """The variable of every value of one forward."""

    def __init__(self, module: Module, reserved: frozenset[str]) -> None:
        self.module = module
        self.reserved = reserved
        self.of: dict[int, str] = {}
        self._held: dict[str, int] = {}
        self._last_use = last_uses(module)
        self._flow = module.inputs[0].name if module.inputs else "x"
        for each in module.inputs:
            self._take(each.value, each.name)
        for index, call in enumerate(module.forward):
            self._results(index, call)

    def _results(self, index: int, call: Call) -> None:
        results = call.results.flat
        single = not call.results.unpack
        for value in results:
            name = self.module.values[value].name
            candidates = iter((name,)) if name is not None else self._candidates(index, call, single)
            self._take(value, self._free(candidates, index, name or "out"))

    def _take(self, value: int, name: str) -> None:
        self.of[value] = name
        self._held[name] = value

    def _free(self, candidates: Iterator[str], index: int, base: str) -> str:
        numbered = (f"{base}{number}" for number in itertools.count(2))
        for name in itertools.chain(candidates, numbered):
            if self._is_free(name, index):
                return name
        raise AssertionError("unreachable: numbers do not end")

    def _is_free(self, name: str, index: int) -> bool:
        """Whether no value that is needed after this call lives in the variable."""
        if name in self.reserved:
            return False
        held = self._held.get(name)
        return held is None or self._last_use.get(held, -1) <= index

    def _candidates(self, index: int, call: Call, single: bool) -> Iterator[str]:
        first = call.operands[0] if call.operands else None
        if single and isinstance(first, ValueRef) and first.value in self.of:
            info = self.module.values[first.value]
            if info.name is None or info.name == self._flow:
                yield self.of[first.value]
        yield self._flow
        yield "out"
        callee = (call.layer[-1] if call.layer is not None else call.name).strip("_")
        if is_identifier(callee):
            yield callee


def last_uses(module: Module) -> dict[int, int]:
    """The index of the last call that needs a value; the number of calls for what is returned."""
    found: dict[int, int] = {}
    for index, call in enumerate(module.forward):
        keyword = [operand for _, _, operand in call.keyword_operands]
        for operand in (*call.operands, *keyword):
            for value in mentioned(operand):
                found[value] = index
        if is_factory(call.op) and module.inputs:
            # A factory is given the device of the first input.
            found[module.inputs[0].value] = index
    if module.output is not None:
        for _, ref in module.output.items:
            found[ref.value] = len(module.forward)
    return found


def mentioned(operand: Operand) -> Iterator[int]:
    match operand:
        case ValueRef(value=value):
            yield value
        case OperandList(items=items):
            for item in items:
                yield from mentioned(item)
