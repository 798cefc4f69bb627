"""Equalities between dimensions that steps need and the declared inputs do not promise.

`add` of [N, T] and [N, S] needs S = T. Each such equality is reported once, at the first step that needs it,
with the places that declare the dimensions; two that contradict each other are reported together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

from netspec.diagnostics import Collector, Edit, Fix, Label, Span
from netspec.graph.ir import Graph
from netspec.shapes.blame import Place, report
from netspec.shapes.call import Fault, Unmet
from netspec.shapes.dims import ZERO, Dim, Symbol, const, divide, shown, symbol


@dataclass(frozen=True, slots=True)
class Equality:
    """A dimension that must be a size: another dimension, a number, or made of others."""

    dimension: Symbol
    size: Dim

    def __str__(self) -> str:
        return f"{shown(self.dimension.name)} = {self.size}"


@dataclass(slots=True)
class _Need:
    """What one step needs, where it is reported, and the steps that need the same."""

    step: str
    equality: Equality
    fault: Fault
    place: Place
    again: list[Span]


class Implied:
    """The equalities that the steps of one graph need, in order."""

    def __init__(self, graph: Graph, collector: Collector) -> None:
        self.collector = collector
        self.needs: list[_Need] = []
        self.sizes: dict[str, Dim] = {}
        self.places: dict[str, tuple[Span, ...]] = {}
        for each in graph.inputs:
            for name, spans in each.places.items():
                self.places[name] = (*self.places.get(name, ()), *spans)

    def takes(self, step: str, fault: Fault, place: Place, *, assumed: bool) -> bool:
        """Whether the fault is that of an equality between declared dimensions, which is reported later.

        `assumed`: of a value that is known if the earlier equalities hold, so that it says nothing new but
        where it contradicts them.
        """
        unmet = fault.unmet
        if unmet is None or unmet.kind not in ("equal", "broadcast") or fault.code not in _OF_STEPS:
            return False
        if _never_equal(unmet.left, unmet.right):
            return False
        left, right = unmet.left.substitute(self.sizes), unmet.right.substitute(self.sizes)
        earlier = self._earlier(unmet)
        if left == right and earlier is not None:
            if place.span not in (earlier.place.span, *earlier.again):
                earlier.again.append(place.span)
            return True
        if earlier is not None and _never_equal(left, right):
            self._contradiction(step, fault, place, earlier)
            return True
        equality = solved(replace(unmet, left=left, right=right))
        if assumed or equality is None or not all(s.name in self.places for s in _symbols(equality)):
            return False
        self.needs.append(_Need(step, equality, fault, place, []))
        now = {equality.dimension.name: equality.size}
        self.sizes = {name: size.substitute(now) for name, size in self.sizes.items()} | now
        return True

    def holds(self, unmet: Unmet) -> bool:
        """Whether two sizes are equal if the equalities that were found hold."""
        return unmet.left.substitute(self.sizes) == unmet.right.substitute(self.sizes)

    def report(self) -> None:
        for need in self.needs:
            report(self._told(need), self._shown(need), self.collector, fixes=self._fixes(need))

    def _earlier(self, unmet: Unmet) -> _Need | None:
        """The first step whose need says something of the sizes that another one needs."""
        named = {each.name for each in unmet.left.symbols | unmet.right.symbols}
        found = (need for need in self.needs if named & {s.name for s in _symbols(need.equality)})
        return next(found, None)

    def _contradiction(self, step: str, fault: Fault, place: Place, earlier: _Need) -> None:
        """Two needs that no sizes meet take the place of the first one's report."""
        assert fault.unmet is not None
        wanted = solved(fault.unmet)
        if earlier in self.needs:
            self.needs.remove(earlier)
        need = str(wanted) if wanted is not None else f"{fault.unmet.left} = {fault.unmet.right}"
        line = f" in line {earlier.place.span.start_position.line}" if step == earlier.step else ""
        message = f"`{step}` needs {need}, but `{earlier.step}`{line} needs {earlier.equality}"
        labels = (Label(earlier.place.span, f"needs {earlier.equality}"), *self._declared(earlier.equality))
        self.collector.add(
            fault.code, message, place.span, span_text=f"needs {need}", labels=labels, values=place.values,
            help="no size fits both steps: change one of them",
        )  # fmt: skip

    def _told(self, need: _Need) -> Fault:
        equality, size = need.equality, need.equality.size
        name = shown(equality.dimension.name)
        help: str | None
        if _lone(size) is not None and "_" in (name, str(size)):
            help = "this step needs the two sizes to be one: give them one name in `inputs`"
        elif _lone(size) is not None:
            help = f"this step needs {equality}: declare both as `{size}`"
        elif need.fault.code == "NS407":
            help = need.fault.help
        elif size.value is not None:
            help = f"{need.fault.help or 'change the step'}, or declare `{name}` as {size}"
        else:
            help = f"this step needs {equality}: change the step, or the declared sizes"
        return replace(need.fault, help=help)

    def _shown(self, need: _Need) -> Place:
        """The place with the declarations of the dimensions, and the further steps that need the same."""
        again = tuple(Label(span, f"needs {need.equality} too") for span in need.again[:_MOST_LABELS])
        # The number of values of a view says little of where to mend it.
        plain = need.fault.code == "NS407" and need.equality.size.value is not None
        declared = () if plain else self._declared(need.equality)
        labels = (*need.place.labels, *declared, *again)
        return replace(need.place, labels=labels)

    def _declared(self, equality: Equality) -> Iterator[Label]:
        for each in sorted(_symbols(equality), key=lambda s: s.name):
            yield Label(self.places[each.name][0], f"declares {shown(each.name)}")

    def _fixes(self, need: _Need) -> tuple[Fix, ...]:
        """One name for both dimensions, where nothing but the declarations speaks of the other one."""
        old, new = need.equality.dimension.name, _lone(need.equality.size)
        if new is None or shown(old) == "_" or shown(new.name) == "_":
            return ()
        spans = self.places[old]
        text = spans[0].source.text
        mentions = [found.start() for found in re.finditer(rf"\b{re.escape(old)}\b", text)]
        if not {span.start for span in spans} >= set(mentions):
            return ()
        edits = tuple(Edit(span, new.name) for span in spans)
        return (Fix(f"Declare `{old}` as `{new.name}`", edits, "unsafe"),)


_MOST_LABELS = 3
_OF_STEPS = frozenset(("NS402", "NS403", "NS407"))


def solved(unmet: Unmet) -> Equality | None:
    """The equality of one dimension that makes two sizes equal; None where none does."""
    difference = _reduced(unmet.left - unmet.right)
    if not difference.symbols or _never_equal(difference, ZERO):
        return None
    alone = [
        (factor, atom)
        for monomial, factor in difference.terms
        for atom, power in monomial
        if isinstance(atom, Symbol) and len(monomial) == power == 1 and abs(factor) == 1
    ]
    # The dimension that is declared last gives way to the others.
    for factor, each in sorted(alone, key=lambda found: found[1].name not in _names(unmet.right)):
        size = (difference - factor * _of(each)) * -factor
        if each not in size.symbols and size.bounds[1] >= 1:
            return Equality(each, size)
    return None


def _reduced(difference: Dim) -> Dim:
    """Without a factor that all terms share: sizes are never 0."""
    if not difference.terms:
        return difference
    shared = dict(difference.terms[0][0])
    for monomial, _ in difference.terms:
        powers = dict(monomial)
        shared = {atom: min(power, powers.get(atom, 0)) for atom, power in shared.items()}
    factor = const(gcd(*(factor for _, factor in difference.terms)))
    for atom, power in shared.items():
        if isinstance(atom, Symbol):
            factor = factor * _of(atom) ** power
    return divide(difference, factor) or difference


def _never_equal(left: Dim, right: Dim) -> bool:
    low, high = (left - right).bounds
    return low > 0 or high < 0


def _of(each: Symbol) -> Dim:
    return symbol(each.name, each.minimum, each.maximum)


def _names(size: Dim) -> set[str]:
    return {each.name for each in size.symbols}


def _lone(size: Dim) -> Symbol | None:
    """The symbol that is the whole size."""
    (only,) = size.symbols if len(size.symbols) == 1 else (None,)
    return only if only is not None and size == _of(only) else None


def _symbols(equality: Equality) -> frozenset[Symbol]:
    return equality.size.symbols | {equality.dimension}
