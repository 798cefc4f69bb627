"""What a module does in training and in evaluation, as one list of calls.

Most modules do the same in both, since dropouts follow the mode by themselves. Where they do not, the
calls that differ stand in a `Choice`; a value that both branches make is a `Join`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from netspec.importer.graph import Node, Ref, Sized, Trace, Value, refs_in
from netspec.importer.refusal import Refusal
from netspec.importer.sizes import Computed, Formula, Given, SizeOf
from netspec.importer.structures import is_record, mapped
from netspec.importer.variations import canonical

OFFSET = 1_000_000
"""Values that only training has are numbered from here."""


@dataclass(frozen=True, slots=True)
class Join:
    """One value that is `train` behind the calls of training, and `eval` behind those of evaluation."""

    value: int
    train: int
    eval: int


@dataclass(slots=True)
class Choice:
    """Calls of one mode each, and the values that come of them."""

    train: list[Node]
    eval: list[Node]
    joins: list[Join]


Item: TypeAlias = "Node | Choice"


@dataclass(slots=True)
class Both:
    """A forward in both modes. `outputs` and `train_outputs` differ where the modes return others."""

    trace: Trace
    items: list[Item]
    values: dict[int, Value]
    names: dict[int, str]
    outputs: Any
    train_outputs: Any


def both_modes(evaluation: Trace | None, training: Trace | None) -> Both:
    """One of the two may be missing, where a mode does not call the module."""
    for each, mode in ((evaluation, False), (training, True)):
        for node in each.nodes if each is not None else ():
            if node.mode is not None and node.mode is not mode:
                state = "on" if node.mode else "off"
                raise Refusal(f"`{node.op}` is {state} while the module is in the other mode", node.place)
    first = evaluation or training
    assert first is not None
    if evaluation is None or training is None or _same(evaluation, training):
        values = dict(enumerate(first.values))
        return Both(first, [*_plain(first.nodes)], values, dict(first.names), first.outputs, first.outputs)
    return _Merge(evaluation, training).result()


def _plain(nodes: list[Node]) -> list[Node]:
    return [replace(node, mode=None) for node in nodes]


def _same(a: Trace, b: Trace) -> bool:
    return (
        [_key(node) for node in a.nodes] == [_key(node) for node in b.nodes]
        and canonical(a.outputs) == canonical(b.outputs)
        and a.inputs == b.inputs
    )


def _key(node: Node) -> Any:
    return canonical(replace(node, mode=None))


class _Merge:
    def __init__(self, evaluation: Trace, training: Trace) -> None:
        if [name for name, _ in evaluation.inputs] != [name for name, _ in training.inputs]:
            raise Refusal("it takes other inputs in training")
        self.eval, self.train = evaluation, training
        self.items: list[Item] = []
        # From values of training to values of the result.
        self.of_train = {a: b for (_, a), (_, b) in zip(training.inputs, evaluation.inputs, strict=True)}
        self.of_eval: dict[int, int] = {}
        self.values = dict(enumerate(evaluation.values))
        self.names = dict(evaluation.names)

    def result(self) -> Both:
        mine, theirs = self.eval.nodes, self.train.nodes
        matcher = SequenceMatcher(
            None, [_skeleton(each) for each in mine], [_skeleton(each) for each in theirs], autojunk=False
        )
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                for x, y in zip(mine[a:b], theirs[c:d], strict=True):
                    self._common(x, y)
            else:
                self._differing(mine[a:b], theirs[c:d])
        outputs, train_outputs = self._outputs()
        return Both(self.eval, self.items, self.values, self.names, outputs, train_outputs)

    def _common(self, mine: Node, theirs: Node) -> None:
        self._join(_refs(mine), _refs(theirs))
        self.items.append(renumbered(replace(mine, mode=None), self.of_eval))
        for a, b in zip(_results(mine), _results(theirs), strict=True):
            self.of_train[b] = a

    def _join(self, mine: list[int], theirs: list[int]) -> None:
        """Where one place holds a value of each mode, they are one value from here on."""
        for a, b in zip(mine, theirs, strict=True):
            here, there = self.of_eval.get(a, a), self.of_train[b]
            if here == there:
                continue
            choice = next((each for each in reversed(self.items) if isinstance(each, Choice)), None)
            if choice is None or (there < OFFSET and not self._made_in(choice, here)):
                raise Refusal("what it does in training and in evaluation cannot be told apart by steps")
            made = 2 * OFFSET + len(self.values)
            self.values[made] = self.values[here]
            self.names[made] = self.names.get(there) or self.names.get(here) or ""
            if not self.names[made]:
                del self.names[made]
            choice.joins.append(Join(made, there, here))
            self.of_eval[a] = made
            self.of_train[b] = made

    def _made_in(self, choice: Choice, value: int) -> bool:
        return any(value in _results(node) for node in choice.eval)

    def _differing(self, mine: list[Node], theirs: list[Node]) -> None:
        for node in theirs:
            for value in _results(node):
                self.of_train[value] = value + OFFSET
                self.values[value + OFFSET] = self.train.values[value]
                if value in self.train.names:
                    self.names[value + OFFSET] = self.train.names[value]
        train = [renumbered(replace(node, mode=None), self.of_train) for node in theirs]
        self.items.append(
            Choice(train, [renumbered(replace(node, mode=None), self.of_eval) for node in mine], [])
        )

    def _outputs(self) -> tuple[Any, Any]:
        mine, theirs = _refs_of(self.eval.outputs), _refs_of(self.train.outputs)
        if _skeleton(self.eval.outputs) == _skeleton(self.train.outputs) and len(mine) == len(theirs):
            self._join(mine, theirs)
            outputs = renumbered(self.eval.outputs, self.of_eval)
            return outputs, outputs
        return renumbered(self.eval.outputs, self.of_eval), renumbered(self.train.outputs, self.of_train)


def _refs(node: Node) -> list[int]:
    return _refs_of((node.args, node.kwargs))


def _refs_of(thing: Any) -> list[int]:
    return [ref.value for ref in refs_in(thing)]


def _results(node: Node) -> list[int]:
    return _refs_of(node.results)


def _skeleton(thing: Any) -> Any:
    """A call without the values that it takes and makes."""
    match thing:
        case Node():
            return (
                thing.op,
                thing.path,
                _skeleton(thing.args),
                _skeleton(thing.kwargs),
                _skeleton(thing.results),
            )
        case Ref():
            return Ref
        case Sized(formula=formula):
            return ("size", _skeleton_formula(formula))
        case tuple() | list():
            return tuple(map(_skeleton, thing))
        case dict():
            return tuple((key, _skeleton(each)) for key, each in thing.items())
        case slice():
            return ("slice", _skeleton((thing.start, thing.stop, thing.step)))
    return canonical(thing)


def _skeleton_formula(formula: Formula) -> Any:
    match formula:
        case Computed(sign=sign, left=left, right=right):
            return (sign, _skeleton_formula(left), _skeleton_formula(right))
        case SizeOf(dim=dim):
            return ("of", dim)
        case Given():
            return "given"
    return formula


def renumbered(thing: Any, numbers: dict[int, int]) -> Any:
    match thing:
        case Node():
            return replace(
                thing,
                args=renumbered(thing.args, numbers),
                kwargs=renumbered(thing.kwargs, numbers),
                results=renumbered(thing.results, numbers),
            )
        case Ref(value=value):
            return Ref(numbers.get(value, value))
        case Sized(value=value, formula=formula):
            return Sized(value, renumbered(formula, numbers))
        case SizeOf(value=value, dim=dim):
            return SizeOf(numbers.get(value, value), dim)
        case Given(value=value):
            return Given(numbers.get(value, value))
        case Computed(sign=sign, left=left, right=right):
            return Computed(sign, renumbered(left, numbers), renumbered(right, numbers))
        case tuple() if hasattr(thing, "_fields"):
            return type(thing)(*(renumbered(each, numbers) for each in thing))
        case tuple():
            return tuple(renumbered(each, numbers) for each in thing)
        case list():
            return [renumbered(each, numbers) for each in thing]
        case dict():
            return {key: renumbered(each, numbers) for key, each in thing.items()}
        case slice():
            return slice(*renumbered((thing.start, thing.stop, thing.step), numbers))
    return mapped(thing, lambda _, leaf: renumbered(leaf, numbers)) if is_record(thing) else thing
