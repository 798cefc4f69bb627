"""Graph -> the shape and dtype of every value: `infer(graph, collector)`.

Walks the nodes in order and applies each op's rule. A fault becomes one diagnostic, its results
become unknown, and nothing that depends on an unknown value is judged: one cause, one report.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.catalog.model import Op
from netspec.catalog.wording import phrase
from netspec.diagnostics import Collector
from netspec.graph.evaluate import Selection
from netspec.graph.ir import (
    Claim,
    Enter,
    Graph,
    GraphInput,
    Leave,
    ModuleNode,
    Node,
    Own,
    Sizes,
    Structure,
    TensorPath,
    ValueList,
    ValueNumber,
)
from netspec.graph.verify import used
from netspec.resolve.program import NOTHING, Names
from netspec.shapes.blame import Blame, Place, report
from netspec.shapes.call import AUTO, Call, Fault, Rule
from netspec.shapes.computed import computed
from netspec.shapes.dims import Dim, Symbol
from netspec.shapes.entering import enter, tensor_of
from netspec.shapes.expectation import hold
from netspec.shapes.failing import Attempt, again, demanded, exemplified, placed, symbols_of
from netspec.shapes.implied import Implied
from netspec.shapes.integers import as_value
from netspec.shapes.layout import Layouts
from netspec.shapes.repeated import call_key, settings_key
from netspec.shapes.rules import check_for, rule_for
from netspec.shapes.values import UNKNOWN, DictOf, Known, ListOf, Nothing, Tensor, TupleOf, Unknown, Value
from netspec.shapes.weights import tensors


@dataclass(slots=True)
class Shapes:
    """What is known of a graph: `values` by number, and the constructor arguments of each leaf
    with every `auto` that could be solved filled in. `sizes` are what the names of sizes that blocks and
    steps bind stand for."""

    values: dict[int, Value] = field(default_factory=dict)
    settings: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict)
    solved: dict[tuple[str, ...], dict[str, Dim]] = field(default_factory=dict)
    sizes: dict[str, Dim] = field(default_factory=dict)

    def of(self, number: int) -> Value:
        return self.values.get(number, UNKNOWN)


def infer(graph: Graph, collector: Collector, *, sizes: Mapping[str, Dim] | None = None) -> Shapes:
    """The values of a graph; faults go to the collector. `sizes` are those of some of its symbols."""
    return _Inference(graph, collector, sizes or {}).run()


class _Inference:
    def __init__(self, graph: Graph, collector: Collector, sizes: Mapping[str, Dim]) -> None:
        self.graph = graph
        self.collector = collector
        self.shapes = Shapes()
        self.sizes = self.shapes.sizes
        self.sizes.update(sizes)
        self.layouts = Layouts(graph)
        self.blame = Blame(graph, self.shapes.values)
        self.refused: set[tuple[str, ...]] = set()
        self._passed: set[Hashable] = set()
        self._known: dict[Hashable, Value] = {}
        self.implied = Implied(graph, collector)
        self.typical = {name: size for each in graph.inputs for name, size in each.typical.items()}
        self.assumed: set[int] = set()

    def run(self) -> Shapes:
        for each in self.graph.inputs:
            known = tensor_of(each) if each.integers is None else as_value(each.integers)
            self.shapes.values[each.value] = known
        for path, module in self.graph.leaves.items():
            if module.settings is not None:
                self.shapes.settings[path] = module.settings
                self._check(module)
        for node in self.graph.every_node:
            match node:
                case Node():
                    self._bind(node, self._result(node))
                case Enter():
                    self._enter(node)
                    self.layouts.follow(node)
                case Sizes():
                    self._name_sizes(node)
                case Own():
                    self._own(node)
                case Leave():
                    self._bind(node, self._left(node))
                    self.layouts.follow(node)
                case Claim():
                    self._hold(node)
        self.implied.report()
        self.shapes.values.update(dict.fromkeys(self.assumed, UNKNOWN))
        return self.shapes

    def _own(self, node: Own) -> None:
        """A tensor has the shape that is declared, or that its steps compute."""
        value: Value = Tensor(node.shape, node.dtype)
        if node.computed is not None:
            made = self._operand(node.computed)
            try:
                value = computed(node, made)
            except Fault as fault:
                report(fault, self.blame.of_computed(node), self.collector)
                value = UNKNOWN
        self.shapes.values[node.value] = value

    def _enter(self, node: Enter) -> None:
        """Operands become inputs: their sizes are bound to the declared names, or must equal them."""
        for operand, declared in node.inputs:
            value = self._operand(operand)
            before = dict(self.sizes)
            try:
                enter(node.name, value, declared, self.sizes)
            except Fault as fault:
                fault = self._entering(fault, node.name, value, declared, before)
                place = self.blame.of_enter(node, declared)
                self._blame(node.name, fault, place, assumed=self._is_assumed(operand))
                value = UNKNOWN
            self.shapes.values[declared.value] = as_value(value)
            if self._is_assumed(operand):
                self.assumed.add(declared.value)

    def _entering(
        self, fault: Fault, name: str, value: object, declared: GraphInput, before: Mapping[str, Dim]
    ) -> Fault:
        def attempt(sizes: Mapping[str, Dim]) -> None:
            enter(name, placed(value, sizes), declared, placed(before, sizes))

        return self._exemplified(fault, attempt, symbols_of(value))

    def _exemplified(self, fault: Fault, attempt: Attempt, symbols: frozenset[Symbol]) -> Fault:
        """The fault with sizes for which it happens, where it depends on them."""
        positive = demanded(self.shapes.values)
        return exemplified(fault, attempt, symbols, typical=self.typical, positive=positive)

    def _blame(self, step: str, fault: Fault, place: Place, *, assumed: bool) -> None:
        """Report a fault; an equality that a step needs, when all steps are known. Of a value that is
        known under such an equality alone, only what contradicts it is reported."""
        if not self.implied.takes(step, fault, place, assumed=assumed) and not assumed:
            report(fault, place, self.collector)

    def _is_assumed(self, operands: Any) -> bool:
        return bool(self.assumed) and not self.assumed.isdisjoint(used(operands))

    def _if_equal(self, node: Node, rule: Rule, call: Call, fault: Fault) -> Value:
        """The result of a faulty call if the equalities that the steps need hold; else unknown."""
        if fault.unmet is None or not self.implied.holds(fault.unmet):
            return UNKNOWN
        try:
            result = rule(replace(call, inputs=placed(call.inputs, self.implied.sizes), solved={}))
        except Fault:
            return UNKNOWN
        self.assumed.update(node.results.flat)
        return result

    def _name_sizes(self, node: Sizes) -> None:
        """The names of a `shape` step stand for the sizes of the value."""
        value = self._operand(node.operand)
        if not isinstance(value, Tensor) or value.shape is None:
            return
        if len(value.shape) != len(node.names):
            fault = Fault(
                "NS401",
                f"`shape` names {len(node.names)} sizes, but the value is {value}",
                help=f"name {len(value.shape)}; `_` drops one",
            )
            report(fault, self.blame.of_step(node), self.collector)
            return
        for name, size in zip(node.names, value.shape, strict=True):
            if name is not None:
                self.sizes[name] = size

    def _left(self, node: Leave) -> Value:
        value = as_value(self._operand(node.returned))
        return value if isinstance(value, Known) else UNKNOWN

    def _hold(self, node: Claim) -> None:
        """What is returned against what `assert` says of it."""
        if self._is_assumed(node.returned):
            return
        what = f"the output of `{node.name}`" if node.name else "the output"
        value = self._operand(node.returned)

        def attempt(sizes: Mapping[str, Dim]) -> None:
            known = {**sizes, **placed(self.sizes, sizes)}
            hold(placed(value, sizes), node.expected, known, what=what)

        try:
            attempt({})
        except Fault as fault:
            fault = self._exemplified(fault, attempt, symbols_of(value))
            report(fault, self.blame.of_step(node), self.collector)

    def _check(self, module: ModuleNode) -> None:
        assert module.op is not None
        assert module.settings is not None
        key = settings_key(module.op.name, module.settings)
        check = check_for(module.op.name)
        if check is None or (key is not None and key in self._passed):
            return
        try:
            check(Call(module.op.name, module.name, module.settings))
            self._passed.add(key)
        except Fault as fault:
            self.refused.add(module.path)
            report(fault, self.blame.of_module(module, fault), self.collector)

    def _result(self, node: Node) -> Value:
        if node.faulty or node.op is None or node.module in self.refused:
            return UNKNOWN
        if any(isinstance(self.shapes.of(number), Unknown) for number in used(node.arguments)):
            return UNKNOWN
        rule = rule_for(node.op.name)
        if rule is None:
            self.collector.add(
                "NS409",
                f"no shape rule knows `{node.op.name}`, so what depends on its result is not checked",
                node.span,
                help="nothing is wrong with the step; `netspec ops` lists what is checked",
            )
            return UNKNOWN
        settings = self.shapes.settings.get(node.module, {}) if node.module is not None else {}
        inputs: dict[str, Any] = {}
        try:
            inputs = {name: self._operand(value) for name, value in node.arguments.items()}
            if any(isinstance(value, Unknown) for value in inputs.values()):
                return UNKNOWN
            key = call_key(node.op.name, settings, inputs) if node.module is not None else None
            if key is not None and key in self._known:
                self.layouts.make(node, inputs, self._known[key])
                return _with_limits(node.op, self._known[key], inputs)
            _refuse_misplaced(node.op, node.name, inputs, called=node.module is not None)
            call = Call(node.op.name, node.name, settings, inputs)
            result = rule(call)
            self.layouts.make(node, inputs, result)
        except Fault as fault:
            call = Call(node.op.name, node.name, settings, inputs)
            fault = self._exemplified(fault, again(rule, call), symbols_of((settings, inputs)))
            assumed = self._is_assumed(node.arguments)
            self._blame(node.name, fault, self.blame.of_node(node, fault), assumed=assumed)
            if fault.expected is None:
                return self._if_equal(node, rule, call, fault)
            return _as_if_mended(node.op.name, node.name, rule, settings, inputs, fault)
        self._remember(node, settings, call)
        if key is not None and not (call.warnings or call.solved):
            self._known[key] = result
        return _with_limits(node.op, result, inputs)

    def _remember(self, node: Node, settings: Mapping[str, Any], call: Call) -> None:
        for warning in call.warnings:
            report(warning, self.blame.of_node(node, warning), self.collector)
        if call.solved and node.module is not None:
            self.shapes.settings[node.module] = {**settings, **call.solved}
            self.shapes.solved.setdefault(node.module, {}).update(call.solved)

    def _operand(self, value: Any) -> Any:
        match value:
            case ValueNumber(value=number):
                return Nothing() if number == NOTHING else self.shapes.of(number)
            case Dim():
                size = value.substitute(self.sizes)
                # A name of a block or of `shape` that was never bound stands for no size.
                return UNKNOWN if any("#" in each.name for each in size.symbols) else size
            case Selection(items=items):
                return self._operand(tuple(items))
            case slice():
                return slice(*(self._operand(each) for each in (value.start, value.stop, value.step)))
            case ValueList(items=items):
                return ListOf(tuple(self._operand(item) for item in items))
            case Structure():
                return self._structured(value)
            case TensorPath():
                return self._owned(value)
            case tuple():
                found = tuple(self._operand(item) for item in value)
                return UNKNOWN if any(isinstance(item, Unknown) for item in found) else found
        if value is AUTO:
            raise Fault(
                "NS306",
                "`auto` stands for a constructor argument of a layer, not for an argument of a step",
                help="write the value, or declare a layer",
            )
        return value

    def _structured(self, structure: Structure) -> Value:
        values = tuple((key, as_value(self._operand(item))) for key, item in structure.items)
        if structure.kind == "dict":
            return DictOf(values)
        names = tuple(key for key, _ in values) if structure.kind == "namedtuple" else ()
        return TupleOf(tuple(value for _, value in values), names)

    def _owned(self, reference: TensorPath) -> Value:
        """A parameter or buffer of a layer, by its path."""
        module = self.graph.leaves.get(reference.module)
        name = ".".join(reference.module)
        if module is None or module.op is None or reference.module not in self.shapes.settings:
            return UNKNOWN
        owned = {each.name: each for each in tensors(module.op.name, self.shapes.settings[reference.module])}
        if reference.tensor not in owned:
            known = ", ".join(f"`{name}.{each}`" for each in owned) or "none"
            raise Fault("NS212", f"`{name}` has no tensor `{reference.tensor}`", help=f"its tensors: {known}")
        return Tensor(owned[reference.tensor].shape, owned[reference.tensor].dtype)

    def _bind(self, node: Node | Leave, result: Value) -> None:
        if self._is_assumed(node.arguments):
            self.assumed.update(node.results.flat)
        if not node.results.unpack:
            first = node.results.values[0]
            assert isinstance(first, int)
            self.shapes.values[first] = result
            return
        try:
            self.shapes.values.update(unpacked(node.results, result, node.name))
        except Fault as fault:
            if self.assumed.isdisjoint(node.results.flat):
                report(fault, self.blame.of_results(node), self.collector)
            self.shapes.values.update(dict.fromkeys(node.results.flat, UNKNOWN))


# Ops whose result has the values of their input and no others.
_KEEP_VALUES = frozenset(
    """clone contiguous detach expand expand_as flatten flip index movedim permute repeat_interleave reshape
    roll squeeze swapaxes swapdims t tile transpose unflatten unsqueeze view view_as""".split()
)


def _with_limits(op: Op, result: Value, inputs: Mapping[str, Any]) -> Value:
    """A result that only arranges the values of its input keeps their limits."""
    given = next(iter(inputs.values()), None)
    if op.name in _KEEP_VALUES and isinstance(result, Tensor) and isinstance(given, Tensor):
        return replace(result, limits=given.limits)
    return result


# Words of parameters for which PyTorch takes no tensor.
_PLAIN = frozenset(("bool", "str", "none", "dtype", "int", "ints"))


def _refuse_misplaced(op: Op, name: str, inputs: Mapping[str, Any], *, called: bool) -> None:
    """A fault where a tensor stands for an argument that is a plain value, as one source too many does."""
    for signature in (op.call,) if called else op.signatures:
        words = {param.name: param.types for param in signature}
        misplaced = [
            key for key, value in inputs.items()
            if isinstance(value, Tensor) and key in words and _PLAIN.issuperset(words[key])
        ]  # fmt: skip
        if misplaced and words.keys() >= inputs.keys():
            raise Fault(
                "NS204",
                f"`{misplaced[0]}` of `{name}` must be {phrase(words[misplaced[0]])}, but is a tensor",
                help="the sources under `from` are the first arguments: name only those that the op takes",
            )


def _as_if_mended(
    op: str, name: str, rule: Rule, settings: Mapping[str, Any], inputs: Mapping[str, Any], fault: Fault
) -> Value:
    """The result with the argument that the fault asks for, so that later faults are found too;
    unknown where it names none."""
    if fault.argument is None or fault.argument not in settings or fault.expected is None:
        return UNKNOWN
    try:
        return rule(Call(op, name, {**settings, fault.argument: fault.expected}, inputs))
    except Fault:
        return UNKNOWN


def unpacked(names: Names, result: Value, what: str) -> Iterator[tuple[int, Value]]:
    """Each name of an `as` list with its part of the result; a fault where the numbers differ."""
    if isinstance(result, Unknown):
        yield from ((value, UNKNOWN) for value in names.flat)
        return
    if not isinstance(result, TupleOf | ListOf):
        raise Fault(
            "NS211", f"`{what}` has one result, {result}, but `as` names a list", help="write `as: name`"
        )
    wanted, given = len(names.values), len(result.items)
    if wanted != given:
        raise Fault(
            "NS211",
            f"`{what}` has {given} results, but `as` names {wanted}",
            help=f"name {given} results; `_` drops one",
        )
    for name, item in zip(names.values, result.items, strict=True):
        if isinstance(name, Names):
            yield from unpacked(name, item, what)
        elif name is not None:
            yield name, item
