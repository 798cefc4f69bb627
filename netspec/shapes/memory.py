"""The memory of activations, symbolic: what training keeps for backward, and the peak of inference.

Values share storage where an op makes a view or works in place. Counted are tensors that flow and what
autograd makes for itself; not counted are parameters, buffers, gradients and what an op uses while it runs.
`memory(graph, shapes)` looks at one graph: that of training or of evaluation.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.graph.ir import Enter, Graph, GraphNode, Leave, Node, Own, ValueList, ValueNumber
from netspec.graph.verify import used
from netspec.shapes.call import Call
from netspec.shapes.dims import ZERO, Dim
from netspec.shapes.infer import Shapes
from netspec.shapes.parts import PARTS
from netspec.shapes.rules.modules.composition import chain, in_call_order
from netspec.shapes.saved import POOLED, bytes_of, elements, saved
from netspec.shapes.values import UNKNOWN, DictOf, ListOf, Tensor, TupleOf, Value

VIEWS = frozenset(
    """flatten view reshape permute transpose squeeze unsqueeze unflatten expand t chunk split unbind
    narrow select movedim swapaxes swapdims view_as expand_as index Flatten Unflatten Identity Permute
    detach""".split()
)
"""Ops whose result shares the memory of their input (`reshape` and `flatten` where they need not copy)."""


@dataclass(frozen=True, slots=True)
class Peak:
    """What is alive at each step, in bytes: which of the formulas is the greatest depends on the sizes."""

    formulas: tuple[Dim, ...]

    def at(self, sizes: Mapping[str, int]) -> Dim:
        """The formula that is the greatest for these sizes."""
        return max(self.formulas, key=lambda each: each.evaluate(sizes))

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        return self.at(sizes).evaluate(sizes)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `kept`: what training keeps for backward, None where an op's part in it is not known
    (`unknown` names these ops). `peak`: the most that is alive at once, inputs included, when each value
    is let go after its last use; None where a size is unknown."""

    kept: Dim | None
    peak: Peak | None
    unknown: tuple[str, ...] = ()


def memory(graph: Graph, shapes: Shapes, *, training: bool = True) -> Memory:
    """The memory of one run of a graph; `training` is the mode that it is the graph of."""
    return _Run(graph, shapes, training).result()


@dataclass(slots=True)
class _Held:
    """Storages of a value (several for a tuple), and whether backward passes through it."""

    storages: tuple[int, ...] = ()
    grad: bool = False


@dataclass(slots=True)
class _Run:
    graph: Graph
    shapes: Shapes
    training: bool
    sizes: list[Dim | None] = field(default_factory=list)
    held: dict[int, _Held] = field(default_factory=dict)
    alive: dict[int, int] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    extra: Dim = ZERO
    total: Dim | None = ZERO
    levels: dict[Dim, None] = field(default_factory=lambda: {ZERO: None})
    unknown: list[str] = field(default_factory=list)

    def result(self) -> Memory:
        """Run through the nodes in order."""
        last = self._last_uses()
        for each in self.graph.inputs:
            self.held[each.value] = _Held(self._new(self.shapes.of(each.value)))
            # Who calls the network holds its inputs.
            self._hold(self.held[each.value])
        for place, node in enumerate(self.graph.nodes):
            self._node(node)
            for number in {*used(node.arguments), *node.results.flat}:
                if last.get(number, -1) <= place and number in self.held:
                    self._release(self.held[number])
        sizes = [self.sizes[each] for each in sorted(self.kept)]
        known = [size for size in sizes if size is not None]
        whole = not self.unknown and len(known) == len(sizes)
        return Memory(
            sum(known, self.extra) if whole else None,
            None if self.total is None else Peak(tuple(self.levels)),
            tuple(dict.fromkeys(self.unknown)),
        )

    def _last_uses(self) -> dict[int, int]:
        last = {
            number: place for place, node in enumerate(self.graph.nodes) for number in used(node.arguments)
        }
        end = len(self.graph.nodes)
        last.update((each.value, end) for each in self.graph.inputs)
        last.update((number, end) for number in used(self.graph.returned))
        return last

    def _new(self, value: Value) -> tuple[int, ...]:
        if isinstance(value, TupleOf | ListOf):
            return tuple(itertools.chain.from_iterable(map(self._new, value.items)))
        if isinstance(value, DictOf):
            return tuple(itertools.chain.from_iterable(self._new(item) for _, item in value.items))
        if not isinstance(value, Tensor) and value is not UNKNOWN:
            return ()
        self.sizes.append(bytes_of(value))
        return (len(self.sizes) - 1,)

    def _hold(self, held: _Held) -> None:
        for each in held.storages:
            self.alive[each] = self.alive.get(each, 0) + 1
            if self.alive[each] == 1:
                size = self.sizes[each]
                self.total = None if self.total is None or size is None else self.total + size
        if self.total is not None:
            self.levels[self.total] = None

    def _release(self, held: _Held) -> None:
        for each in held.storages:
            self.alive[each] -= 1
            size = self.sizes[each]
            if self.alive[each] == 0 and self.total is not None and size is not None:
                self.total = self.total - size

    def _node(self, node: GraphNode) -> None:
        match node:
            case Node():
                self._call(node)
            case Own():
                # A tensor of the module is a parameter or a buffer, whose memory is not an activation's.
                self.held[node.value] = _Held((), node.kind == "parameter")
            case Enter():
                for operand, declared in node.inputs:
                    self._alias(declared.value, operand)
            case Leave():
                found = self._operand(node.returned)
                for number in node.results.flat:
                    self.held[number] = found
                    self._hold(found)

    def _alias(self, number: int, operand: Any) -> None:
        self.held[number] = self._operand(operand)
        self._hold(self.held[number])

    def _operand(self, operand: Any) -> _Held:
        found = [self.held[number] for number in used(operand) if number in self.held]
        storages = tuple(itertools.chain.from_iterable(each.storages for each in found))
        return _Held(storages, any(each.grad for each in found))

    def _call(self, node: Node) -> None:
        assert node.op is not None
        settings = self.shapes.settings.get(node.module, {}) if node.module is not None else {}
        inputs = {name: self._value(each) for name, each in node.arguments.items()}
        operands = {name: self._operand(each) for name, each in node.arguments.items()}
        numbers = node.results.flat
        results = [self.shapes.of(number) for number in numbers]
        value = results[0] if not node.results.unpack and results else TupleOf(tuple(results))
        first = next((each for name, each in operands.items() if each.storages or each.grad), _Held())
        if node.op.name in PARTS:
            made = self._parts(node.op.name, settings, inputs, first)
        else:
            made = self._one(node.op.name, settings, inputs, operands, value, mutates=node.op.mutates)
        spread = len(made.storages) == len(numbers) and node.results.unpack
        for place, number in enumerate(numbers):
            self.held[number] = _Held(made.storages[place : place + 1], made.grad) if spread else made
            if place or not made.storages or node.op.name not in PARTS:
                self._hold(self.held[number])

    def _value(self, argument: Any) -> Any:
        match argument:
            case ValueNumber(value=number):
                return self.shapes.of(number)
            case ValueList(items=items):
                return ListOf(tuple(self._value(item) for item in items))
        return argument

    def _one(
        self,
        op: str,
        settings: Mapping[str, Any],
        inputs: Mapping[str, Any],
        operands: Mapping[str, _Held],
        value: Value,
        *,
        mutates: bool = False,
    ) -> _Held:
        """The result of one call, and what is kept of it."""
        first = next((each for each in operands.values() if each.storages or each.grad), _Held())
        inplace = mutates or True in (settings.get("inplace"), inputs.get("inplace"))
        grad = any(each.grad for each in operands.values()) or (bool(settings) and op in _WEIGHTED)
        idle = op in _RANDOM and not (self.training and settings.get("p", inputs.get("p")))
        same = op in VIEWS or inplace or idle
        made = _Held(first.storages if same else self._new(value), grad)
        if self.total is not None and op in POOLED and isinstance(value, Tensor):
            # Where each maximum was found, which is thrown away.
            self.levels[self.total + (bytes_of(value) or ZERO) + 8 * (elements(value) or ZERO)] = None
        if grad:
            self._keep(op, settings, inputs, {**operands, "result": made}, value)
        return made

    def _keep(
        self,
        op: str,
        settings: Mapping[str, Any],
        inputs: Mapping[str, Any],
        held: Mapping[str, _Held],
        value: Value,
    ) -> None:
        found = saved(op, settings, inputs, value)
        if found is None:
            self.unknown.append(op)
            return
        names = [name for name in found.names if name in held]
        for name in names:
            # A factor is kept for the derivative by the other one.
            others = [held[each].grad for each in names if each != name and each != "result"]
            if op not in _FACTORS or any(others):
                self.kept.update(held[name].storages)
        self.extra = self.extra + found.extra

    def _parts(self, op: str, settings: Mapping[str, Any], inputs: Mapping[str, Any], given: _Held) -> _Held:
        """A module made of others: each part holds what it makes until the next is done."""
        current, parts = given, in_call_order(op, PARTS[op](settings))
        for part, own, answer in chain(Call(op, op, settings, inputs), parts, inputs["input"]):
            before = current
            current = self._one(part.op, part.settings, own, {"input": before}, answer)
            self._hold(current)
            if before is not given:
                self._release(before)
        if op != "SqueezeExcitation":
            return current
        whole = inputs["input"]
        operands, scale = {"input": given, "other": current}, current
        current = self._one("mul", {}, {"input": whole, "other": whole}, operands, whole)
        self._hold(current)
        self._release(scale)
        return current


_WEIGHTED = frozenset(
    """Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Linear Bilinear Embedding
    EmbeddingBag BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm RMSNorm PReLU MultiheadAttention LSTM
    GRU RNN""".split()
)
"""Layers whose results depend on parameters."""
_CONSTANT = frozenset("randn_like rand_like zeros_like ones_like full_like bernoulli argmax argmin".split())
"""Ops through which no gradient flows."""
_FACTORS = frozenset(("mul", "matmul", "bmm", "mm"))
_RANDOM = frozenset(
    """Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout StochasticDepth dropout
    dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout stochastic_depth""".split()
)
"""Ops that return their input itself while they drop nothing."""
