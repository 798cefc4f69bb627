"""Symbolic sizes: integers that hold for every value of the dimensions they name.

A `Dim` is a polynomial with integer coefficients over atoms. An atom is a symbol (`N`, a size of
at least 1), the floor of a polynomial divided by a positive integer, or a choice between two
polynomials by the sign of a third. The form is canonical:
constants are pulled out of a floor and nested floors are merged, so two sizes that are equal for
every value usually have equal forms; `trying.equal` decides the rest.

>>> n, h = symbol("N"), symbol("H")
>>> str((h - 1) // 2 + 1), str((h + 1) // 2)
('(H + 1)//2', '(H + 1)//2')
>>> str(n * 64 * 144 // 64)
'144*N'
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named size, at least `minimum` and, where the spec bounds it, at most `maximum`."""

    name: str
    minimum: int = 1
    maximum: int | None = field(default=None, compare=False)

    def within(self, size: int) -> int:
        """The size, moved into the bounds; the greatest one that is tried becomes the bound."""
        if self.maximum is not None and (size == TRIED[-1] or size > self.maximum):
            return self.maximum
        return max(self.minimum, size)


@dataclass(frozen=True)
class Floor:
    """`numerator // divisor`, rounded towards minus infinity as Python's."""

    numerator: Dim
    divisor: int

    @cached_property
    def _hash(self) -> int:
        return hash((self.numerator, self.divisor))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def order(self) -> str:
        """Where it stands among the atoms of a product."""
        return f"~{self.numerator}//{self.divisor}"

    @cached_property
    def bounds(self) -> tuple[float, float]:
        low, high = self.numerator.bounds
        return _floor_bound(low, self.divisor), _floor_bound(high, self.divisor)


@dataclass(frozen=True)
class Choice:
    """`yes` where `test` is at least 0, else `no`."""

    test: Dim
    yes: Dim
    no: Dim

    @cached_property
    def _hash(self) -> int:
        return hash((self.test, self.yes, self.no))

    def __hash__(self) -> int:
        return self._hash

    @property
    def parts(self) -> tuple[Dim, Dim, Dim]:
        return self.test, self.yes, self.no

    @cached_property
    def order(self) -> str:
        """Where it stands among the atoms of a product."""
        return f"~{self.yes} if {self.test} else {self.no}"

    @cached_property
    def bounds(self) -> tuple[float, float]:
        (a, b), (c, d) = _where(self.test, self.yes), _where(-self.test - 1, self.no)
        return min(a, c), max(b, d)


Atom: TypeAlias = Symbol | Floor | Choice
Monomial: TypeAlias = tuple[tuple[Atom, int], ...]
DimLike: TypeAlias = "Dim | int"


@dataclass(frozen=True)
class Dim:
    """An integer polynomial; `terms` is sorted and has no zero coefficients."""

    terms: tuple[tuple[Monomial, int], ...]

    @cached_property
    def _hash(self) -> int:
        return hash(self.terms)

    def __hash__(self) -> int:
        return self._hash

    @property
    def value(self) -> int | None:
        """The number, where the size is one; None where it depends on a symbol."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == ():
            return self.terms[0][1]
        return None

    @cached_property
    def symbols(self) -> frozenset[Symbol]:
        found: set[Symbol] = set()
        for monomial, _ in self.terms:
            for atom, _power in monomial:
                match atom:
                    case Symbol():
                        found.add(atom)
                    case Floor(numerator=numerator):
                        found |= numerator.symbols
                    case Choice():
                        found.update(*(part.symbols for part in atom.parts))
        return frozenset(found)

    def __add__(self, other: DimLike) -> Dim:
        # Most sums and products are of numbers, or with 0 and 1: these need no polynomial.
        other = dim(other)
        if not other.terms:
            return self
        a, b = self.value, other.value
        if a is not None and b is not None:
            return const(a + b)
        return _collect(itertools.chain(self.terms, other.terms))

    def __neg__(self) -> Dim:
        return Dim(tuple((monomial, -factor) for monomial, factor in self.terms))

    def __sub__(self, other: DimLike) -> Dim:
        return self + (-dim(other))

    def __mul__(self, other: DimLike) -> Dim:
        other = dim(other)
        a, b = self.value, other.value
        if a is not None and b is not None:
            return const(a * b)
        if b == 1:
            return self
        return _collect(
            (_times(m, n), x * y) for (m, x), (n, y) in itertools.product(self.terms, other.terms)
        )

    def __pow__(self, power: int) -> Dim:
        result = const(1)
        for _ in range(power):
            result = result * self
        return result

    def __floordiv__(self, other: DimLike) -> Dim:
        """Floor division; by a symbolic size only where it divides exactly, else ValueError."""
        other = dim(other)
        divisor = other.value
        if divisor is None:
            quotient = divide(self, other)
            if quotient is None:
                raise ValueError(f"{self} is not a multiple of {other} for every size")
            return quotient
        if divisor == 0:
            raise ZeroDivisionError("division of a size by zero")
        return _floor(self, divisor) if divisor > 0 else _floor(-self, -divisor)

    def __mod__(self, other: DimLike) -> Dim:
        return self - (self // other) * other

    def __radd__(self, other: int) -> Dim:
        return self + other

    def __rsub__(self, other: int) -> Dim:
        return dim(other) - self

    def __rmul__(self, other: int) -> Dim:
        return self * other

    def __rfloordiv__(self, other: int) -> Dim:
        return dim(other) // self

    def __rmod__(self, other: int) -> Dim:
        return dim(other) % self

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The number for given sizes of the symbols."""
        total = 0
        for monomial, factor in self.terms:
            for atom, power in monomial:
                factor *= _atom_value(atom, sizes) ** power
            total += factor
        return total

    def substitute(self, values: Mapping[str, Dim]) -> Dim:
        """This size with symbols replaced; symbols that are not named stay."""
        if not self.symbols:
            return self
        total = ZERO
        for monomial, factor in self.terms:
            term = const(factor)
            for atom, power in monomial:
                term = term * _substituted(atom, values) ** power
            total = total + term
        return total

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest value that interval arithmetic can promise.

        A floor and its numerator often cancel, as in H - 4*(H//4): d*(n//d) lies between n - d + 1
        and n, which is tried for each lone floor, and for those that are left.
        """
        low, high = self._interval
        floors = sum(isinstance(atom, Floor) for monomial, _ in self.terms for atom, _power in monomial)
        for monomial, factor in self.terms:
            match monomial:
                case ((Floor(numerator, divisor), 1),):
                    # divisor*self = divisor*(the rest) + factor*numerator - factor*remainder
                    rest = self - Dim(((monomial, factor),))
                    left = rest * divisor + numerator * factor
                    a, b = left.bounds if floors <= _MOST_FLOORS else left._interval
                    least, most = sorted((0, factor * (divisor - 1)))
                    low = max(low, math.ceil((a - most) / divisor) if math.isfinite(a) else a)
                    high = min(high, math.floor((b - least) / divisor) if math.isfinite(b) else b)
        return low, high

    @cached_property
    def _interval(self) -> tuple[float, float]:
        """Interval arithmetic, each term by itself."""
        low = high = 0.0
        for monomial, factor in self.terms:
            a, b = 1.0, 1.0
            for atom, power in monomial:
                least, most = _atom_bounds(atom)
                for _ in range(power):
                    corners = [_product(x, y) for x in (a, b) for y in (least, most)]
                    a, b = min(corners), max(corners)
            low, high = (
                low + min(_product(factor, a), _product(factor, b)),
                high + max(_product(factor, a), _product(factor, b)),
            )
        return low, high

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for monomial, factor in sorted(self.terms, key=_print_order):
            lone = len(monomial) == 1 and abs(factor) == 1 and monomial[0][1] == 1
            parts = [_atom_text(atom, lone) + (f"**{power}" if power > 1 else "") for atom, power in monomial]
            if abs(factor) != 1 or not parts:
                parts.insert(0, str(abs(factor)))
            sign = "-" if factor < 0 else "+"
            text += f" {sign} {'*'.join(parts)}" if text else ("-" if factor < 0 else "") + "*".join(parts)
        return text

    def __repr__(self) -> str:
        return f"Dim({self})"


def _atom_value(atom: Atom, sizes: Mapping[str, int]) -> int:
    match atom:
        case Symbol(name=name):
            return sizes[name]
        case Floor(numerator=numerator, divisor=divisor):
            return numerator.evaluate(sizes) // divisor
        case Choice(test=test, yes=yes, no=no):
            return (yes if test.evaluate(sizes) >= 0 else no).evaluate(sizes)


def _substituted(atom: Atom, values: Mapping[str, Dim]) -> Dim:
    match atom:
        case Symbol(name=name):
            return values.get(name, Dim(((((atom, 1),), 1),)))
        case Floor(numerator=numerator, divisor=divisor):
            return numerator.substitute(values) // divisor
        case Choice():
            return choice(*(part.substitute(values) for part in atom.parts))


def choice(test: DimLike, yes: DimLike, no: DimLike) -> Dim:
    """`yes` where `test` is at least 0, else `no`; one of the two where the bounds of `test` decide.

    >>> h = symbol("H")
    >>> str(choice(h - 1, h, 0)), str(choice(7 - h, 0, 3))
    ('H', '(0 if -H + 7 >= 0 else 3)')
    """
    test, yes, no = dim(test), dim(yes), dim(no)
    low, high = test.bounds
    if low >= 0 or yes == no:
        return yes
    return no if high < 0 else Dim(((((Choice(test, yes, no), 1),), 1),))


def const(value: int) -> Dim:
    return Dim((((), value),)) if value else ZERO


def symbol(name: str, minimum: int = 1, maximum: int | None = None) -> Dim:
    return Dim(((((Symbol(name, minimum, maximum), 1),), 1),))


def dim(value: DimLike) -> Dim:
    return value if isinstance(value, Dim) else const(value)


ZERO = Dim(())
ONE = Dim((((), 1),))


def product(sizes: Iterable[DimLike]) -> Dim:
    """The product of sizes; 1 for none."""
    total = ONE
    for size in sizes:
        total = total * size
    return total


def divide(a: Dim, b: Dim) -> Dim | None:
    """The exact quotient, or None where `b` does not divide `a` as a polynomial."""
    quotient, rest = ZERO, a
    lead, lead_factor = _leading(b)
    for _ in range(_MOST_DIVISION_STEPS):
        if not rest.terms:
            return quotient
        monomial, factor = _leading(rest)
        part = _without(monomial, lead)
        if part is None or factor % lead_factor:
            return None
        step = Dim(((part, factor // lead_factor),))
        quotient, rest = quotient + step, rest - step * b
    return None


_MOST_DIVISION_STEPS = 100
_MOST_FLOORS = 3
TRIED = (1, 2, 3, 4, 5, 6, 7, 8, 13, 32, 37, 224, 1021)


def _times(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers = dict(a)
    for atom, power in b:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=lambda item: _atom_order(item[0])))


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    powers = dict(monomial)
    for atom, power in divisor:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        powers[atom] = left
    return tuple((atom, power) for atom, power in powers.items() if power)


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    total: dict[Monomial, int] = {}
    for monomial, factor in terms:
        total[monomial] = total.get(monomial, 0) + factor
    kept = [(monomial, factor) for monomial, factor in total.items() if factor]
    if len(kept) > 1:
        kept.sort(key=lambda term: _order(term[0]))
    return Dim(tuple(kept))


def _floor(numerator: Dim, divisor: int) -> Dim:
    """`numerator // divisor` in canonical form.

    Whole multiples leave the floor: (6*N + 5) // 3 = 2*N + 1 + (2) // 3. A lone floor inside is
    merged: ((H + 1) // 2 + 3) // 5 = (H + 7) // 10 (Graham, Knuth, Patashnik, Concrete
    Mathematics, 3.11).
    """
    if divisor == 1:
        return numerator
    whole = [(monomial, factor // divisor) for monomial, factor in numerator.terms]
    rest = Dim(
        tuple((monomial, factor % divisor) for monomial, factor in numerator.terms if factor % divisor)
    )
    outside = _collect((monomial, factor) for monomial, factor in whole if factor)
    if rest.value is not None:
        return outside
    variable = [(monomial, factor) for monomial, factor in rest.terms if monomial]
    shared = math.gcd(divisor, *(factor for _, factor in variable))
    if shared > 1:
        offset = sum(factor for monomial, factor in rest.terms if not monomial)
        reduced = Dim(tuple((m, f // shared) for m, f in variable)) + offset // shared
        return outside + _floor(reduced, divisor // shared)
    if len(variable) == 1 and variable[0][1] == 1 and len(variable[0][0]) == 1:
        (atom, power) = variable[0][0][0]
        if isinstance(atom, Floor) and power == 1:
            offset = sum(factor for monomial, factor in rest.terms if not monomial)
            merged = atom.numerator + offset * atom.divisor
            return outside + _floor(merged, atom.divisor * divisor)
    low, high = rest.bounds
    if math.isfinite(low) and math.isfinite(high) and low // divisor == high // divisor:
        return outside + int(low // divisor)
    return outside + Dim(((((Floor(rest, divisor), 1),), 1),))


def _leading(a: Dim) -> tuple[Monomial, int]:
    return max(a.terms, key=lambda term: _order(term[0]))


def _order(monomial: Monomial) -> tuple[int, tuple[tuple[str, int], ...]]:
    return (sum(power for _, power in monomial), tuple((_atom_order(a), p) for a, p in monomial))


def _atom_order(atom: Atom) -> str:
    return atom.name if isinstance(atom, Symbol) else atom.order


def _print_order(term: tuple[Monomial, int]) -> tuple[int, str]:
    monomial, _ = term
    return (-sum(power for _, power in monomial), "".join(_atom_order(a) for a, _ in monomial))


def shown(name: str) -> str:
    """How messages call a symbol: a size that the spec does not name is `_`."""
    return "_" if _UNNAMED.fullmatch(name) else name


_UNNAMED = re.compile(r"(.*[#:])?_\d+_\d+")


def _atom_text(atom: Atom, lone: bool) -> str:
    if isinstance(atom, Symbol):
        return shown(atom.name)
    if isinstance(atom, Choice):
        return f"({atom.yes} if {atom.test} >= 0 else {atom.no})"
    numerator = str(atom.numerator)
    text = f"({numerator})" if " " in numerator or "*" in numerator or "/" in numerator else numerator
    return f"{text}//{atom.divisor}" if lone else f"({text}//{atom.divisor})"


def _atom_bounds(atom: Atom) -> tuple[float, float]:
    if isinstance(atom, Symbol):
        return float(atom.minimum), math.inf if atom.maximum is None else float(atom.maximum)
    return atom.bounds


def _where(condition: Dim, size: Dim) -> tuple[float, float]:
    """The bounds of a size where `condition` is at least 0, so that adding it makes nothing smaller."""
    low, high = size.bounds
    return max(low, (size - condition).bounds[0]), min(high, (size + condition).bounds[1])


def _floor_bound(bound: float, divisor: int) -> float:
    return bound // divisor if math.isfinite(bound) else bound


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b
