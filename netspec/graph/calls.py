"""Steps of the Program -> nodes of the Graph: loops unrolled, containers called member by member,
blocks put in line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.catalog.language import LIST
from netspec.diagnostics import Collector, Span
from netspec.graph.evaluate import Unevaluated, released, text_of, value_of
from netspec.graph.expected import expected_of
from netspec.graph.given import Given, Ready, bind_given, evaluated, value_in
from netspec.graph.inputs import dimension_symbols, input_of, integer_symbols, owned_shape
from netspec.graph.ir import (
    Claim,
    Enter,
    GraphInput,
    GraphNode,
    Leave,
    ModuleNode,
    Node,
    Own,
    Sizes,
    Structure,
    ValueList,
    ValueNumber,
)
from netspec.graph.tree import holds, turns, with_lets
from netspec.resolve.program import (
    BASE,
    FAULTY,
    NOTHING,
    Call,
    Formula,
    IsGiven,
    Item,
    Module,
    Names,
    Output,
    OutputClaim,
    Program,
    StepChoice,
    StepLets,
    StepLoop,
    StepSizes,
    ValueInfo,
    ValueRef,
)
from netspec.shapes.dims import symbol


@dataclass(slots=True)
class Frame:
    """One forward that runs: of the main module, or of one call of a block. `values` maps numbers of
    the Program to numbers of the Graph, `info` is what the module knows of its values."""

    module: ModuleNode
    names: Mapping[str, Any]
    values: dict[int, int]
    info: Mapping[int, ValueInfo]


class Calls:
    """The nodes so far, and the modules by path."""

    def __init__(
        self,
        root: ModuleNode,
        program: Program,
        collector: Collector,
        *,
        training: bool = True,
        unknown: Collection[tuple[str, ...]] = (),
    ) -> None:
        """`unknown` are the modules of whose members some were reported."""
        self.unknown = unknown
        self.training = training
        self.program = program
        self.collector = collector
        self.values: dict[int, ValueInfo] = {}
        self.nodes: list[GraphNode] = []
        self.leaves: dict[tuple[str, ...], ModuleNode] = {}
        self.modules: dict[tuple[str, ...], ModuleNode] = {(): root}
        self._index(root)
        self._inlined = 0

    def _index(self, module: ModuleNode) -> None:
        for child in module.children:
            self.modules[child.path] = child
            if child.is_leaf and not child.absent:
                self.leaves[child.path] = child
            self._index(child)

    def main(self, module: Module, inputs: tuple[GraphInput, ...], names: Mapping[str, Any]) -> Any:
        """The steps of the main module; what it returns. `names` has its dimensions too."""
        numbers = {each.name: each.value for each in inputs}
        values = {each.value: numbers.get(each.name, NOTHING) for each in module.inputs if not each.faulty}
        scope = {**names, "training": self.training}
        frame = Frame(self.modules[()], scope, values, module.values)
        self._own(module, frame)
        self._run(module.forward, frame)
        returned = self._returned(module, frame)
        self._claim(module, frame, returned)
        self._own_of_uncalled()
        return returned

    def _own_of_uncalled(self) -> None:
        """The tensors of blocks that no step calls: they are there, and count."""
        called = {node.module for node in self.nodes if isinstance(node, Own)}
        for path, module in self.modules.items():
            if module.block is not None and not module.absent and path not in called:
                self._own(module.block, Frame(module, module.names, {}, module.block.values))

    def _claim(self, module: Module, frame: Frame, returned: Any) -> None:
        """What `assert` says of the value that is returned."""
        if returned is None:
            return
        for claim in module.claims:
            if isinstance(claim, OutputClaim) and claim.training in (None, self.training):
                expected = expected_of(claim.claimed, frame.names, self.collector)
                if expected is not None:
                    name = module.name if frame.module.path else ""
                    self.nodes.append(Claim(name, returned, expected, claim.span))

    def _returned(self, module: Module, frame: Frame) -> Any:
        """What a forward returns in this mode, as an operand; None where that is unknown."""
        output = module.output if self.training else module.eval_output or module.output
        return None if output is None else self._structure(output, frame)

    def _structure(self, output: Output, frame: Frame) -> Any:
        """Operands in the form in which they are returned."""
        items = tuple((key, self._item(item, frame)) for key, item in output.items)
        return items[0][1] if output.kind == "single" else Structure(output.kind, items)

    def _item(self, item: ValueRef | Formula | Output, frame: Frame) -> Any:
        match item:
            case Output():
                return self._structure(item, frame)
            case ValueRef():
                return _number(item, frame)
        try:
            return released(value_of(item, frame.names, self.collector))
        except Unevaluated:
            return ValueNumber(FAULTY)

    def _own(self, module: Module, frame: Frame) -> None:
        """The module's own tensors become values of its forward."""
        for owned in module.owned:
            number = self.new(owned.name, owned.span)
            frame.values[owned.value] = number
            shape = owned_shape(owned, frame.names, self.collector)
            path = frame.module.path
            steps: tuple[GraphNode, ...] = ()
            computed = None
            if owned.steps is not None:
                steps, computed = self._at_construction(owned.steps, frame)
            self.nodes.append(
                Own(
                    owned.name,
                    path,
                    owned.name,
                    number,
                    shape,
                    owned.dtype,
                    owned.kind,
                    owned.span,
                    steps,
                    computed,
                )
            )

    def _at_construction(self, steps: Module, frame: Frame) -> tuple[tuple[GraphNode, ...], Any]:
        """The nodes of steps that compute a tensor, and what they compute."""
        around, self.nodes = self.nodes, []
        inside = Frame(frame.module, frame.names, {}, steps.values)
        self._run(steps.forward, inside)
        nodes, self.nodes = tuple(self.nodes), around
        return nodes, self._returned(steps, inside)

    def new(self, name: str | None, span: Span) -> int:
        number = len(self.values)
        self.values[number] = ValueInfo(name, span)
        return number

    def _run(self, items: tuple[Item, ...], frame: Frame) -> None:
        for item in items:
            match item:
                case Call():
                    self._call(item, frame)
                case StepLoop():
                    self._loop(item, frame)
                case StepChoice():
                    self._choice(item, frame)
                case StepSizes():
                    self._sizes(item, frame)
                case StepLets():
                    frame.names = with_lets(frame.names, item.lets, self.collector)

    def _loop(self, loop: StepLoop, frame: Frame) -> None:
        for each in loop.carried:
            frame.values[each.after] = frame.values.get(each.before, -1)
        names = frame.names
        scopes = turns(loop.turns, loop.repeat, names, self.collector)
        if scopes is None:
            frame.values.update(dict.fromkeys((each.after for each in loop.carried), -1))
            nothing, span = {"0": ValueNumber(-1)}, loop.span
            results = Names((self.new(None, span),), unpack=False)
            self.nodes.append(Node("steps", None, None, nothing, results, span, span, faulty=True))
            return
        for scope in scopes:
            frame.names = scope
            self._run(loop.body, frame)
            ends = [frame.values.get(each.end, -1) for each in loop.carried]
            frame.values.update(zip((each.after for each in loop.carried), ends, strict=True))
        frame.names = names

    def _sizes(self, step: StepSizes, frame: Frame) -> None:
        self._inlined += 1
        prefix = f"shape#{self._inlined}:"
        own = {name: symbol(prefix + name) for name in step.names if name is not None}
        operand = value_in(step.operand, frame.values, frame.names, frame.module.path, self.collector)
        names = tuple(None if name is None else prefix + name for name in step.names)
        self.nodes.append(Sizes(released(operand), names, step.span))
        frame.names = {**frame.names, **own}

    def _choice(self, choice: StepChoice, frame: Frame) -> None:
        if isinstance(choice.when, IsGiven):
            taken = frame.values.get(choice.when.value, FAULTY) != NOTHING
        else:
            taken = holds(choice.when, frame.names, self.collector)
        if taken:
            self._run(choice.body, frame)
        for each in choice.carried:
            number = each.end if taken else each.before
            frame.values[each.after] = frame.values.get(number, number if number < 0 else -1)

    def _call(self, call: Call, frame: Frame) -> None:
        results = self._numbered(call.results, frame)
        try:
            path = None if call.layer is None else self._path(call, frame)
            given = evaluated(call, frame.values, frame.names, frame.module.path, self.collector)
        except Unevaluated:
            self._faulty(call, results)
            return
        if call.faulty or (path is None and call.op is None):
            self._faulty(call, results, given, path)
        elif path is None:
            self._leaf(call, None, given, results, call.span)
        elif path[-1] == BASE and path not in self.modules:
            # Its members are those of the block itself.
            self._members(call, frame.module, frame.module.children, given, results, call.span)
        elif path in self.modules:
            made = self._module(call, self.modules[path], given, results, call.span)
            self._collect(call, made, frame)
        else:
            self._missing(call, path)
            self._faulty(call, results, given, path)

    def _collect(self, call: Call, made: tuple[int, ...], frame: Frame) -> None:
        """`collect`: what the members gave becomes a list."""
        if call.collect is None:
            return
        info = frame.info[call.collect]
        frame.values[call.collect] = number = self.new(info.name, info.span)
        items, names = {"items": ValueList(tuple(map(ValueNumber, made)))}, Names((number,), unpack=False)
        self.nodes.append(Node("list", LIST, None, items, names, info.span, info.span, {"items": info.span}))

    def _path(self, call: Call, frame: Frame) -> tuple[str, ...]:
        parts = [
            part if isinstance(part, str) else text_of(part, frame.names, self.collector)
            for part in call.layer or ()
        ]
        return (*frame.module.path, *parts)

    def _missing(self, call: Call, path: tuple[str, ...]) -> None:
        """Report a path that leads nowhere; below a faulty layer, nothing is missed."""
        known = [self.modules[path[:n]] for n in range(1, len(path)) if path[:n] in self.modules]
        if any(module.op is None and module.class_name == "?" for module in known):
            return
        if any(path[:n] in self.unknown for n in range(len(path))):
            return
        parent = self.modules.get(path[:-1])
        members = ", ".join(f"`{child.path[-1]}`" for child in parent.children[:8]) if parent else ""
        self.collector.add(
            "NS212",
            f"`{'.'.join(path[:-1])}` has no member `{path[-1]}`"
            if len(path) > 1
            else f"no layer is called `{path[-1]}`",
            call.span,
            help=f"members: {members or 'none'}",
        )

    def _numbered(self, names: Names, frame: Frame) -> Names:
        found: list[int | None | Names] = []
        for value in names.values:
            if isinstance(value, Names):
                found.append(self._numbered(value, frame))
            elif value is None:
                found.append(None)
            else:
                info = frame.info[value]
                frame.values[value] = self.new(info.name, info.span)
                found.append(frame.values[value])
        return Names(tuple(found), names.unpack)

    def _faulty(
        self, call: Call, results: Names, given: Given | None = None, path: tuple[str, ...] | None = None
    ) -> None:
        """A call that was reported: what it makes is unknown, and what it names is used."""
        every = () if given is None else (*given.operands, *(each for _, _, each in given.keywords))
        arguments = {str(index): each.plain for index, each in enumerate(every)}
        self.nodes.append(
            Node(call.name, call.op, path, arguments, results, call.span, call.span, faulty=True)
        )

    def _module(
        self, call: Call, module: ModuleNode, given: Given, results: Names, span: Span
    ) -> tuple[int, ...]:
        """Call a module; the values that its members give, where it is a list of them."""
        if module.absent:
            self._absent(call, module, given, results, span)
        elif module.class_name in ("Sequential", "ModuleList") and module.op is None:
            return self._members(call, module, module.children, given, results, span)
        elif module.class_name == "ModuleDict" and module.op is None:
            self.collector.add(
                "NS212",
                f"`{module.name}` is a ModuleDict, which cannot be called",
                module.span,
                help="call its members by their paths in `forward`",
            )
            self._faulty(call, results, given, module.path)
        elif module.block is not None:
            self._block(call, module, module.block, given, results, span)
        else:
            self._leaf(call, module, given, results, span)
        return ()

    def _absent(self, call: Call, module: ModuleNode, given: Given, results: Names, span: Span) -> None:
        """A layer that is None is left out: its one operand passes."""
        if results.unpack or len(given.operands) != 1 or given.keywords:
            self.collector.add(
                "NS408",
                f"`{module.name}` is absent here, and this step is no identity without it",
                span,
                help="give the step the same `when` as the layer",
            )
            self._faulty(call, results, given, module.path)
            return
        self._same(module, given.operands[0].plain, results, span, call.span)

    def _same(self, module: ModuleNode, operand: Any, results: Names, span: Span, step: Span) -> None:
        self.nodes.append(Leave(module.name, module.path, operand, results, span, step))

    def _members(
        self,
        call: Call,
        module: ModuleNode,
        members: tuple[ModuleNode, ...],
        given: Given,
        results: Names,
        span: Span,
    ) -> tuple[int, ...]:
        """Each member on the result of the one before; whatever else is given goes to every member. The
        values that they give."""
        if module.class_name != "ModuleList":
            given = Given((*given.operands, *(operand for _, _, operand in given.keywords)))
        if not given.operands or not members:
            operand = given.operands[0].plain if given.operands else ValueNumber(-1)
            self._same(module, operand, results, span, call.span)
            return ()
        made = []
        for child in members:
            if child.class_name == "ModuleList" and child.op is None:
                self.collector.add(
                    "NS212",
                    f"`{child.name}` is a ModuleList inside a {module.class_name}, which cannot call it",
                    child.span,
                    help="use `Sequential` for it",
                )
        for child in members[:-1]:
            number = self.new(None, child.span)
            made.append(number)
            self._module(call, child, given, Names((number,), unpack=False), child.span)
            given = given.with_first(Ready.value_of(number, child.span))
        self._module(call, members[-1], given, results, members[-1].span)
        return (*made, *results.flat)

    def _leaf(self, call: Call, module: ModuleNode | None, given: Given, results: Names, span: Span) -> None:
        op = call.op if module is None else module.op
        name = call.name if module is None else module.name
        path = None if module is None else module.path
        bound = None
        if op is not None and (module is None or module.settings is not None):
            signatures = op.signatures if module is None else (op.call,)
            bound = bind_given(
                name, signatures, given, self.collector, span, op.variadic if module is None else None
            )
        if bound is None:
            every = (*given.operands, *(each for _, _, each in given.keywords))
            operands = {str(index): each.plain for index, each in enumerate(every)}
            self.nodes.append(Node(name, op, path, operands, results, span, call.span, faulty=True))
        else:
            arguments, spans = bound
            self.nodes.append(Node(name, op, path, arguments, results, span, call.span, spans))

    def _block(
        self, call: Call, module: ModuleNode, block: Module, given: Given, results: Names, span: Span
    ) -> None:
        assert module.op is not None
        bound = bind_given(module.name, (module.op.call,), given, self.collector, span, None)
        if bound is None:
            self._faulty(call, results, given, module.path)
            return
        arguments, _ = bound
        self._inlined += 1
        prefix = f"{module.name}#{self._inlined}:"
        symbols = dimension_symbols(block.inputs, module.names, self.collector, prefix)
        missing = next((e for e in block.inputs if arguments[e.name] is None and not e.optional), None)
        if missing is not None:
            self.collector.add(
                "NS410", f"`{module.name}` needs a value for `{missing.name}`, which is None here", span,
                help="give the step `when: {given: NAME}`, or make the block's input optional",
            )  # fmt: skip
            self._faulty(call, results, given, module.path)
            return
        passed = [(i, each) for i, each in enumerate(block.inputs) if arguments[each.name] is not None]
        entering = tuple(
            (
                arguments[each.name],
                input_of(
                    each,
                    i,
                    self.new(each.name, each.span),
                    module.names,
                    self.collector,
                    symbols=symbols,
                    prefix=prefix,
                ),
            )
            for i, each in passed
        )
        if entering:
            self.nodes.append(Enter(module.name, module.path, entering, span, call.span))
        values = {each.value: NOTHING for each in block.inputs}
        for (_, each), (_, declared) in zip(passed, entering, strict=True):
            values[each.value] = declared.value
        integers = integer_symbols(block.inputs, prefix)
        scope = {**module.names, **symbols, **integers, "training": self.training}
        frame = Frame(module, scope, values, block.values)
        if block.sequential:
            numbers = [declared.value for _, declared in entering]
            inside = Given(tuple(Ready.value_of(n, span) for n in numbers)) if numbers else given
            self._members(call, module, module.children, inside, results, span)
            if not results.unpack:
                self._claim(block, frame, ValueNumber(results.flat[0]))
            return
        self._own(block, frame)
        self._run(block.forward, frame)
        returned = self._returned(block, frame)
        if returned is None:
            self._faulty(call, results, given, module.path)
            return
        self._claim(block, frame, returned)
        self.nodes.append(Leave(module.name, module.path, returned, results, span, call.span))


def _number(ref: ValueRef, frame: Frame) -> ValueNumber:
    return ValueNumber(frame.values.get(ref.value, ref.value if ref.value < 0 else FAULTY))
