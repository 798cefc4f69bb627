"""For which sizes a fault happens: the smallest ones that can be found, put into its message.

A rule says that something is wrong for some sizes. Which ones, is found by asking it again with numbers
in place of the symbols: the sizes that a message names have been seen to fail, and what is wrong of them is
what the rule itself says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias

from netspec.shapes.call import Call, Fault, Rule
from netspec.shapes.dims import TRIED, Dim, Symbol, const, shown
from netspec.shapes.trying import sample_sizes
from netspec.shapes.values import ListOf, Tensor, TupleOf

Sizes: TypeAlias = dict[str, int]
Attempt: TypeAlias = Callable[[Mapping[str, Dim]], object]
"""Does again, with numbers for the symbols, what raised the fault."""

_OF_SIZES = frozenset(("NS205", "NS402", "NS403", "NS404", "NS407", "NS408", "NS411"))
"""The codes of faults that may happen for some sizes and not for others."""
_OTHERS = (1, 8, 37, 224, 1021)
"""What is tried for the symbols that a fault does not name."""
_MOST_DOUBLINGS = 41


def exemplified(
    fault: Fault,
    attempt: Attempt,
    symbols: frozenset[Symbol],
    *,
    typical: Mapping[str, int] | None = None,
    positive: Sequence[Dim] = (),
) -> Fault:
    """The fault with the sizes for which it happens in its message, where it depends on them.

    `typical` sizes are named where they fail, else the smallest. `positive`: sizes that earlier steps
    made; where one is not positive, an earlier step fails.
    """
    named = symbols if fault.unmet is None else fault.unmet.left.symbols | fault.unmet.right.symbols
    if fault.code not in _OF_SIZES or not named:
        return fault
    symbols = symbols.union(named, *(size.symbols for size in positive))
    search = _Search(fault, attempt, symbols, positive)
    example = search.example(named, typical or {})
    if example is None:
        return fault
    found = search.failing(example)
    assert found is not None
    shown_sizes = {s.name: example[s.name] for s in sorted(named, key=lambda s: s.name)}
    if fault.unmet is None:
        shown_sizes = search.telling(shown_sizes, example)
    if not shown_sizes:
        return fault
    why = f": {found.unmet.text}" if found.unmet is not None else ""
    return replace(fault, message=f"{fault.message}, which fails for {sizes_text(shown_sizes)}{why}")


class _Search:
    def __init__(
        self, fault: Fault, attempt: Attempt, symbols: frozenset[Symbol], positive: Sequence[Dim]
    ) -> None:
        self.fault = fault
        self.attempt = attempt
        self.symbols = {each.name: each for each in symbols}
        self.positive = positive

    def failing(self, sizes: Sizes) -> Fault | None:
        """The fault for these sizes; None where they are right, or where something else is wrong."""
        if any(size.evaluate(sizes) < 1 for size in self.positive):
            return None
        try:
            self.attempt({name: const(size) for name, size in sizes.items()})
        except Fault as found:
            same = (found.code, found.argument) == (self.fault.code, self.fault.argument)
            return found if same and self._is_unmet(found, sizes) else None
        return None

    def _is_unmet(self, found: Fault, sizes: Sizes) -> bool:
        """Whether a fault is about the same two sizes, not those of another dimension."""
        unmet = self.fault.unmet
        if unmet is None or found.unmet is None:
            return unmet is found.unmet
        numbers = (unmet.left.evaluate(sizes), unmet.right.evaluate(sizes))
        return (found.unmet.left.value, found.unmet.right.value) == numbers

    def example(self, named: frozenset[Symbol], typical: Mapping[str, int]) -> Sizes | None:
        """The first sizes that fail: typical ones, else small ones."""
        known = {name: size for name, size in typical.items() if name in self.symbols}
        for pinned in (known, {}) if known else ({},):
            for sizes in self._tried(named, pinned):
                if self.failing(sizes) is not None:
                    return self._smaller(sizes, pinned)
        return None

    def _tried(self, named: frozenset[Symbol], pinned: Mapping[str, int]) -> Iterator[Sizes]:
        others = [each for each in self.symbols.values() if each not in named]
        for other in _OTHERS if others else _OTHERS[:1]:
            rest = {each.name: each.within(other) for each in others}
            for sizes in sample_sizes(named):
                yield {**rest, **sizes, **pinned}
        for power in range(10, _MOST_DOUBLINGS):
            yield {**{each.name: each.within(2**power) for each in self.symbols.values()}, **pinned}

    def _smaller(self, sizes: Sizes, pinned: Mapping[str, int]) -> Sizes:
        """Each size as small as it can be while the others stay."""
        for name, symbol in sorted(self.symbols.items()):
            if name in pinned:
                continue
            below = symbol.minimum - 1
            for size in (symbol.within(each) for each in TRIED):
                if size >= sizes[name] or self.failing({**sizes, name: size}) is not None:
                    sizes = {**sizes, name: min(size, sizes[name])}
                    break
                below = size
            while sizes[name] - below > 1:
                middle = (sizes[name] + below) // 2
                fails = self.failing({**sizes, name: middle}) is not None
                sizes, below = ({**sizes, name: middle}, below) if fails else (sizes, middle)
        return sizes

    def telling(self, shown_sizes: Sizes, example: Sizes) -> Sizes:
        """Those of the sizes that matter: with another number, nothing would be wrong."""
        return {
            name: size
            for name, size in shown_sizes.items()
            if any(
                self.failing({**example, name: self.symbols[name].within(other)}) is None for other in TRIED
            )
        }


def again(rule: Rule, call: Call) -> Attempt:
    """To ask a rule again."""

    def attempt(sizes: Mapping[str, Dim]) -> None:
        settings, inputs = placed(call.settings, sizes), placed(call.inputs, sizes)
        rule(Call(call.op, call.name, settings, inputs, call.training))

    return attempt


def placed(value: Any, sizes: Mapping[str, Dim]) -> Any:
    """A value, or what holds values, with numbers for its symbols."""
    match value:
        case Dim():
            return value.substitute(sizes)
        case Mapping():
            return {key: placed(each, sizes) for key, each in value.items()}
        case tuple() | list():
            return type(value)(placed(each, sizes) for each in value)
        case slice():
            return slice(*(placed(each, sizes) for each in (value.start, value.stop, value.step)))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: placed(getattr(value, f.name), sizes) for f in fields(value) if f.init}
        )
    return value


def symbols_of(value: Any) -> frozenset[Symbol]:
    """The symbols in a value, or in what holds values."""
    match value:
        case Dim():
            return value.symbols
        case Mapping():
            return frozenset[Symbol]().union(*map(symbols_of, value.values()))
        case tuple() | list():
            return frozenset[Symbol]().union(*map(symbols_of, value))
        case slice():
            return symbols_of((value.start, value.stop, value.step))
    if is_dataclass(value) and not isinstance(value, type):
        return symbols_of(tuple(getattr(value, f.name) for f in fields(value)))
    return frozenset()


def demanded(values: Mapping[int, Any]) -> list[Dim]:
    """The sizes of values that are not positive for every size: that they are, was demanded of the inputs."""
    found: dict[Dim, None] = {}
    stack = list(values.values())
    while stack:
        match stack.pop():
            case Tensor(shape=shape):
                found.update(dict.fromkeys(size for size in shape or () if size.bounds[0] < 1))
            case TupleOf(items=items) | ListOf(items=items):
                stack.extend(items)
    return [size for size in found if size.symbols]


def sizes_text(sizes: Mapping[str, int]) -> str:
    """`N = 3 and H = 5`, for messages."""
    return " and ".join(f"{shown(name)} = {size}" for name, size in sizes.items())
