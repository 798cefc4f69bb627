"""Steps that differ, and results whose shapes differ, each with the place where that began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from netspec.graph.ir import Enter, Graph, Leave, Node, Sizes
from netspec.graph.verify import used
from netspec.shapes.infer import Shapes
from netspec.shapes.values import TupleOf
from netspec.views.diff.layers import differing, name_of
from netspec.views.diff.pairs import Path, Side
from netspec.views.diff.records import Argument, ShapeChange, StepChange
from netspec.views.outline import Section, outline
from netspec.views.spelling import call_arguments, output_text

_MOST_ALIGNED = 4_000
"""Calls that are aligned as a whole: the time grows with the square where all are alike."""


class Steps:
    """The calls of both networks, aligned."""

    def __init__(
        self,
        before: Side,
        after: Side,
        paired: Mapping[Path, Path],
        changed: frozenset[Path],
        blocks_changed: frozenset[str],
    ) -> None:
        """`changed` are the new paths of layers whose arguments differ; `blocks_changed` the new names of
        blocks that differ themselves, and not only in what is in them."""
        self.blocks_changed = blocks_changed
        self.compared: dict[int, tuple[Argument, ...]] = {}
        self.before = before
        self.after = after
        self.changed = changed
        self.ours, self.theirs = _steps(before.graph), _steps(after.graph)
        self.paired = paired
        ours = [_key(each, before.graph, paired) for each in self.ours]
        theirs = [_key(each, after.graph, None) for each in self.theirs]
        self.blocks = [*_aligned(ours, theirs)]
        self.pairs = {d: a for tag, a, d in self.blocks if tag == "equal"}

    def step_changes(self) -> tuple[StepChange, ...]:
        """Functions that are called in what both networks have."""
        found = []
        known = {*self.paired.values()}
        for tag, a, d in self.blocks:
            step = self.ours[a] if tag == "removed" else self.theirs[d]
            if step.node.module is not None:
                continue
            near = _near(self.ours, a) if tag == "removed" else _near(self.theirs, d)
            if tag == "equal":
                arguments = self._arguments(d)
                if arguments:
                    found.append(StepChange("changed", step.name, near, arguments, self._around(step.owner)))
            elif tag == "added" and step.owner in known:
                found.append(StepChange("added", step.name, near, within=self._around(step.owner)))
            elif tag == "removed" and step.owner in self.paired:
                around = self._around(self.paired[step.owner])
                found.append(StepChange("removed", step.name, near, within=around))
        return tuple(found)

    def _around(self, owner: Path) -> str:
        """The outermost changed block that a module is, or lies in."""
        names = (name_of(owner[:n]) for n in range(1, len(owner) + 1))
        return next((name for name in names if name in self.blocks_changed), "")

    def _arguments(self, index: int) -> tuple[Argument, ...]:
        """The arguments that differ in a call of the new network and its counterpart."""
        if index not in self.compared:
            self.compared[index] = self._compared(self.ours[self.pairs[index]].node, self.theirs[index].node)
        return self.compared[index]

    def _compared(self, one: Node, other: Node) -> tuple[Argument, ...]:
        before, after = call_arguments(one, self.before.shapes), call_arguments(other, self.after.shapes)
        # What only one of them states has its default in the other.
        for name in before.keys() ^ after.keys():
            for given, node in ((before, one), (after, other)):
                if name in node.arguments:
                    given.setdefault(name, node.arguments[name])
        return differing(before, after)

    def shape_changes(self, inputs: tuple[ShapeChange, ...]) -> tuple[ShapeChange, ...]:
        """The steps of both networks whose results differ, in order, each with what began it."""
        causes = self._causes({each.step for each in inputs})
        found = []
        for index, step in enumerate(self.theirs):
            if index in self.pairs:
                old = result_text(self.ours[self.pairs[index]].node, self.before.shapes)
                new = result_text(step.node, self.after.shapes)
                if old != new:
                    around = self._around(step.node.module or step.owner)
                    found.append(ShapeChange(step.name, old, new, causes.get(index, ""), around))
        return tuple(found)

    def _causes(self, inputs: set[str]) -> dict[int, str]:
        """For each call of the new network, where what differs in its results began."""
        because: dict[int, str] = {
            each.value: f"the input {each.name}" for each in self.after.graph.inputs if each.name in inputs
        }
        found: dict[int, str] = {}
        index = -1
        for node in self.after.graph.nodes:
            if isinstance(node, Node):
                index += 1
            passed = next((because[number] for number in _read(node) if number in because), "")
            if isinstance(node, Node):
                passed = found[index] = self._cause(index, node, passed)
            if passed:
                made = (
                    [(operand, each.value) for operand, each in node.inputs]
                    if isinstance(node, Enter)
                    else []
                )
                for operand, number in made:
                    cause = next((because[each] for each in used(operand) if each in because), "")
                    if cause:
                        because[number] = cause
                if not made:
                    because.update(dict.fromkeys(node.results.flat, passed))
        return found

    def _cause(self, index: int, node: Node, passed: str) -> str:
        """Where a difference of this call's results began: in itself, or before it."""
        name = self.theirs[index].name
        if index not in self.pairs:
            new = f"{name}, which is new"
            more = bool(passed) and "which is new" not in passed and not self._keeps_shape(node)
            return f"{passed} and {new}" if more else passed or new
        if node.module in self.changed or self._arguments(index):
            return name
        return passed

    def _keeps_shape(self, node: Node) -> bool:
        texts = {output_text(self.after.shapes.of(number)) for number in (*_read(node), *node.results.flat)}
        return len(texts) == 1


def _read(node: Any) -> Iterator[int]:
    """The values that a node takes."""
    match node:
        case Node() | Leave() | Enter() | Sizes():
            for operand in node.arguments.values():
                yield from used(operand)


@dataclass(frozen=True, slots=True)
class Step:
    """A call, and the module whose forward it is part of."""

    node: Node
    owner: Path

    @property
    def name(self) -> str:
        return name_of(self.node.module if self.node.module is not None else (*self.owner, self.node.name))


def _steps(graph: Graph) -> list[Step]:
    """All calls in the order of execution."""
    found: list[Step] = []

    def take(section: Section, owner: Path) -> None:
        for item in section.items:
            if isinstance(item, Node):
                found.append(Step(item, owner))
            elif isinstance(item, Section):
                take(item, item.module.path if item.call is not None else owner)

    take(outline(graph), ())
    return found


def _near(steps: list[Step], index: int) -> str:
    return steps[index - 1].name if index else ""


def _key(step: Step, graph: Graph, paired: Mapping[Path, Path] | None) -> Any:
    """What makes two calls one step: the layer that is called, or the function and where it stands."""
    path = step.owner if step.node.module is None else step.node.module
    place = path if paired is None else paired.get(path, ("removed", *path))
    if step.node.module is not None:
        return place
    return place, step.node.name, tuple(graph.values[number].name for number in step.node.results.flat)


def _aligned(ours: list[Any], theirs: list[Any]) -> Iterator[tuple[str, int, int]]:
    """Each call: in both networks (`equal`), or in one (`removed`, `added`); places in both lists."""
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        yield "equal", start, start
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    left, right = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    matcher = SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > _MOST_ALIGNED)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield from (("equal", start + a + i, start + c + i) for i in range(b - a))
        else:
            yield from (("removed", start + i, start + c) for i in range(a, b))
            yield from (("added", start + a, start + i) for i in range(c, d))
    for i in range(end):
        yield "equal", len(ours) - end + i, len(theirs) - end + i


def result_text(node: Node, shapes: Shapes) -> str:
    """What a call makes."""
    results = [shapes.of(number) for number in node.results.flat]
    return output_text(results[0] if len(results) == 1 else TupleOf(tuple(results)))
