"""What a network returns in evaluation, with a name for each tensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.build.examples import Examples
from netspec.diagnostics import Collector
from netspec.graph.elaborate import elaborate
from netspec.pipeline import Checked
from netspec.shapes.infer import infer
from netspec.shapes.values import DictOf, ListOf, TupleOf, Value


@dataclass(frozen=True, slots=True)
class Outputs:
    """The tensors in the order in which they are returned."""

    named: tuple[tuple[str, Value], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(f"{name} {value}" for name, value in self.named)

    def names_for(self, count: int) -> list[str]:
        """Names for so many tensors: numbered ones, where the checks do not know what is returned."""
        if len(self.named) == count:
            return [name for name, _ in self.named]
        return [f"output.{number}" for number in range(count)]


def outputs_of(checked: Checked, examples: Examples) -> Outputs:
    """The outputs of a spec without errors, for the inputs that are given."""
    assert checked.program is not None
    given = {each.name for each in examples.inputs if each is not None}
    without = frozenset(each.name for each in checked.program.main.inputs if each.optional) - given
    graph = elaborate(
        checked.program, checked.params or {}, Collector(), training=False, without=frozenset(without)
    )
    shapes = infer(graph, Collector())
    found: dict[str, Value] = {}
    for key, number in graph.outputs:
        name = key if key and not key.isdecimal() else graph.values[number].name or "output"
        for each, value in _tensors(name, shapes.of(number)):
            found[_free(each, found)] = value
    return Outputs(tuple(found.items()))


def _tensors(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    match value:
        case TupleOf(items=items) | ListOf(items=items):
            for at, item in enumerate(items):
                yield from _tensors(f"{name}.{at}", item)
        case DictOf(items=pairs):
            for key, item in pairs:
                yield from _tensors(f"{name}.{key}", item)
        case _:
            yield name, value


def _free(name: str, taken: dict[str, Value]) -> str:
    numbers = (f"{name}.{number}" for number in range(1, len(taken) + 2))
    return next(each for each in (name, *numbers) if each not in taken)
