"""The plan of an open box: rows and columns for what is in it, before anybody knows how large that is.

Each box stands in a row below all that it reads. The longest way from top to bottom is the spine, which is
drawn as one straight line; what is left is cut into the next longest ways, each a column of its own. A value
that skips rows goes down in a lane: in the column that it starts or ends, or in a lane of its own, from
which all its readers take it. So nothing can lie upon anything else, whatever the sizes are.

Vertices are numbers: the children of the box, then what it reads (ports in its upper edge), then what it
makes (ports in its lower edge).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from netspec.views.diagram.model import Box


@dataclass(slots=True)
class Column:
    """For each row that it takes, the vertex that stands there, or None for a lane. `anchors` are vertices
    that it should be near to."""

    cells: dict[int, int | None]
    anchors: list[int] = field(default_factory=list)

    def extend(self, first: int, last: int) -> None:
        """A lane through these rows."""
        for row in range(first, last + 1):
            self.cells.setdefault(row, None)


@dataclass(frozen=True, slots=True)
class Way:
    """A value goes from one vertex to another, down a column where it skips rows."""

    value: int
    source: int
    target: int
    column: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`rows` of the vertices, the columns (the spine first, then in the order in which they find their
    places), the ways, and for each vertex the values that it makes, and those that are labelled there."""

    rows: tuple[int, ...]
    columns: tuple[Column, ...]
    ways: tuple[Way, ...]
    makes: tuple[tuple[int, ...], ...]
    labelled: tuple[frozenset[int], ...]


def plan(box: Box) -> Plan:
    """The plan of a box with children."""
    return _Planner(box).plan()


class _Planner:
    def __init__(self, box: Box) -> None:
        self.box = box
        self.count = len(box.children)
        self.makes = [child.makes for child in box.children] + [(value,) for value in box.reads]
        self.ports = range(self.count, self.count + len(box.reads))
        self.outs = range(self.ports.stop, self.ports.stop + len(box.makes))
        self.makes += [() for _ in self.outs]
        made = {value: vertex for vertex, values in enumerate(self.makes) for value in values}
        reads = [*((i, child.reads) for i, child in enumerate(box.children))]
        reads += [(out, (value,)) for out, value in zip(self.outs, box.makes, strict=True)]
        self.into: dict[int, list[tuple[int, int]]] = {
            vertex: [(made[value], value) for value in values if value in made] for vertex, values in reads
        }
        self.order = [*self.ports, *range(self.count), *self.outs]
        self.rows = self._rows()
        self.chain: dict[int, int] = {}
        self.follows: dict[int, tuple[int, int]] = {}
        self.columns: list[Column] = []
        self.ways: list[Way] = []

    def plan(self) -> Plan:
        left = set(self.order)
        while left:
            self._column(self._longest(left), left)
        for source, values in enumerate(self.makes):
            for value in values:
                self._lead(source, value)
        labelled = tuple(
            frozenset(w.value for w in self.ways if w.source == vertex and w.target not in self.outs)
            for vertex in range(self.count)
        )
        spine, *others = range(len(self.columns))
        others.sort(key=lambda each: (len(self.columns[each].cells), each))
        place = {column: index for index, column in enumerate((spine, *others))}
        columns = tuple(self.columns[each] for each in (spine, *others))
        ways = tuple(
            Way(w.value, w.source, w.target, None if w.column is None else place[w.column]) for w in self.ways
        )
        return Plan(tuple(self.rows), columns, ways, tuple(self.makes), labelled)

    def _rows(self) -> list[int]:
        """Below all that is read; what reads nothing, right above its first reader."""
        rows = [0] * len(self.makes)
        free: set[int] = set()
        for vertex in range(self.count):
            sources = [source for source, _ in self.into[vertex]]
            rows[vertex] = 1 + max((rows[each] for each in sources), default=0)
            if free.issuperset(sources) and self.box.children[vertex].kind != "input":
                free.add(vertex)
        last = 1 + max((rows[vertex] for vertex in range(self.count)), default=0)
        for out in self.outs:
            rows[out] = last
        readers: dict[int, list[int]] = {}
        for vertex in (*reversed(range(self.count)), *self.outs):
            if vertex in free and vertex in readers:
                rows[vertex] = min(rows[each] for each in readers[vertex]) - 1
            for source, _ in self.into[vertex]:
                readers.setdefault(source, []).append(vertex)
        return rows

    def _longest(self, left: Collection[int]) -> list[int]:
        """The way down through most boxes that are left; of equal ones, that of first operands."""
        length: dict[int, int] = {}
        before: dict[int, int | None] = {}
        for vertex in self.order:
            if vertex not in left:
                continue
            sources = [source for source, _ in self.into.get(vertex, ()) if source in left]
            best = max(sources, key=length.__getitem__, default=None)
            before[vertex] = best
            length[vertex] = (0 if best is None else length[best]) + (vertex < self.count)
        ends: Iterable[int] = [out for out in self.outs if out in left] or length
        last: int | None = max(ends, key=length.__getitem__)
        found: list[int] = []
        while last is not None:
            found.append(last)
            last = before[last]
        return found[::-1]

    def _column(self, chain: list[int], left: set[int]) -> None:
        left.difference_update(chain)
        column = Column({self.rows[vertex]: vertex for vertex in chain})
        column.extend(self.rows[chain[0]], self.rows[chain[-1]])
        for source, target in pairwise(chain):
            value = next(value for maker, value in self.into[target] if maker == source)
            self.follows[source] = (target, value)
        self.chain.update(dict.fromkeys(chain, len(self.columns)))
        self.columns.append(column)

    def _lead(self, source: int, value: int) -> None:
        """Find the ways of one value to all its readers."""
        readers = [vertex for vertex, into in self.into.items() if (source, value) in into]
        row = self.rows[source]
        own = self.chain[source]
        straight = row
        if source in self.follows and self.follows[source][1] == value:
            straight = self.rows[self.follows[source][0]]
        far = []
        for reader in readers:
            if self.rows[reader] == row + 1:
                self.ways.append(Way(value, source, reader, None))
            elif self.rows[reader] <= straight:
                self.ways.append(Way(value, source, reader, own))
            else:
                far.append(reader)
            self._near(source, reader)
        if far:
            column = self._lane(source, far)
            self.ways.extend(Way(value, source, reader, column) for reader in far)

    def _near(self, source: int, reader: int) -> None:
        """The columns of both want to be near to each other."""
        for vertex, other in ((source, reader), (reader, source)):
            self.columns[self.chain[vertex]].anchors.append(other)

    def _lane(self, source: int, far: list[int]) -> int:
        """The column in which a value passes by: that which it ends, that which it starts, or a new one."""
        first, last = self.rows[source] + 1, max(self.rows[each] for each in far) - 1
        own = self.chain[source]
        if max(self.columns[own].cells) == self.rows[source]:
            self.columns[own].extend(first, last)
            return own
        target = self.chain[far[0]]
        if len(far) == 1 and min(self.columns[target].cells) == self.rows[far[0]] and target != own:
            self.columns[target].extend(first, last)
            return target
        column = Column({}, [source, *far])
        column.extend(first, last)
        self.columns.append(column)
        return len(self.columns) - 1
