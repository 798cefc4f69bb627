"""`forward`: steps -> calls on numbered values, with branches in line and names looked up.

Each value has one number (static single assignment), so later stages never ask what a name meant
at some step. A faulty step still makes values, which are unknown: one cause gives one report.
"""

from __future__ import annotations

from dataclasses import replace

from netspec.catalog.language import LANGUAGE_OPS
from netspec.catalog.model import Op
from netspec.diagnostics import Collector, Span
from netspec.document.records import (
    Branch,
    Clauses,
    FaultySource,
    From,
    OpUse,
    Results,
    SourceDecl,
    StepDecl,
)
from netspec.document.words import RESERVED, is_identifier
from netspec.resolve.arguments import read_argument, read_arguments, read_condition
from netspec.resolve.binding import check_arguments
from netspec.resolve.callee import Callee, calls_members, find_base, find_callee
from netspec.resolve.layers import LayerContext
from netspec.resolve.program import (
    FAULTY,
    NOTHING,
    Argument,
    Arguments,
    AutoArgument,
    Call,
    Carried,
    FaultyArgument,
    Input,
    IsGiven,
    Item,
    Layer,
    Names,
    Operand,
    OperandList,
    OwnedTensor,
    StepChoice,
    StepLoop,
    TensorRef,
    ValueInfo,
    ValueRef,
    find_layer,
)
from netspec.resolve.special_steps import append, language_step, name_integers, name_sizes
from netspec.resolve.step_names import bound_names, is_factory, report_value, takes_list, takes_sources
from netspec.resolve.turns import read_turns
from netspec.syntax import Entry, Mapping, Node, Scalar, kind_of


class Lowering:
    """The state of reading one module's `forward`."""

    def __init__(
        self,
        inputs: tuple[Input, ...],
        layers: tuple[Layer, ...],
        context: LayerContext,
        owned: tuple[OwnedTensor, ...] = (),
        *,
        unread: frozenset[str] = frozenset(),
        base: Layer | None = None,
    ) -> None:
        """`base` is what the module extends. `unread`: the keys among `inputs` and `layers` that were
        reported; what might stand there is not missed."""
        self.unread = unread
        self.base = base
        self.context = context
        self.collector: Collector = context.collector
        self.scope = context.scope.in_forward
        self.layers = layers
        self.items: list[Item] = []
        self.values = {each.value: ValueInfo(each.name, each.span) for each in inputs if not each.faulty}
        self.names = {each.name: each.value for each in inputs}
        # What may be None: inputs that a call leaves out, values whose steps are left out.
        self.optional = {NOTHING, *(each.value for each in inputs if each.optional)}
        self.current: int | None = inputs[0].value if inputs else FAULTY if "inputs" in unread else None
        self.names.update(
            {each.name: FAULTY for each in owned if each.faulty and each.name not in self.names}
        )
        self.owned = tuple(replace(each, value=self._own(each)) for each in owned if self._is_new(each))

    @classmethod
    def at_construction(cls, context: LayerContext) -> Lowering:
        """For steps that run when the module is built: there are no inputs, layers and dimensions."""
        lowering = cls((), (), context)
        lowering.scope = context.scope
        return lowering

    def _is_new(self, owned: OwnedTensor) -> bool:
        """Whether a tensor's name is free; reported if not."""
        if owned.faulty or owned.name not in self.names:
            return not owned.faulty
        self.collector.add(
            "NS107",
            f"`{owned.name}` is an input and a {owned.kind}",
            owned.span,
            help="rename one of the two",
        )
        return False

    def _own(self, owned: OwnedTensor) -> int:
        value = self.new(owned.name, owned.span)
        self.names[owned.name] = value
        return value

    def steps(self, steps: tuple[StepDecl, ...]) -> None:
        for step in steps:
            self._step(step)

    def _step(self, step: StepDecl) -> None:
        clauses = step.clauses
        if clauses.when is not None:
            self._choice(step, clauses.when)
        elif clauses.loop is not None or clauses.repeat is not None:
            self._loop(step)
        elif step.steps is not None:
            self.collector.add(
                "NS103", "`steps` needs a `for`, `repeat` or `when` beside it", step.span, help="add one"
            )
            self.steps(step.steps)
        else:
            self._call(step)

    def _choice(self, step: StepDecl, when: Entry) -> None:
        condition = self._condition(when.value)
        names, current, outside = dict(self.names), self.current, self.scope
        body = self._body(replace(step, clauses=replace(step.clauses, when=None)))
        # Sizes and `let` names that may not exist are not known behind the condition.
        self.scope = outside
        carried = []
        for name, end in self.names.items():
            if names.get(name) != end:
                after = self.new(name, self.values[end].span)
                carried.append(Carried(names.get(name, NOTHING), end, after))
                if self.optional & {carried[-1].before, end}:
                    self.optional.add(after)
        merged = {each.end: each.after for each in carried}
        self.names = {name: merged.get(value, value) for name, value in self.names.items()}
        if current is None:
            self.current = None
        elif self.current is not None and self.current != current:
            # Without the steps the current value is the one before, whatever names they bind.
            same = (c.after for c in carried if (c.before, c.end) == (current, self.current))
            known = next(same, None)
            after = self.new(None, step.span) if known is None else known
            if known is None:
                carried.append(Carried(current, self.current, after))
            self.current = after
        self.items.append(StepChoice(body, tuple(carried), step.span, condition))

    def _condition(self, node: Node) -> Argument | IsGiven:
        """What stands under `when`: an expression, or `{given: NAME}`."""
        if not isinstance(node, Mapping) or node.names != ("given",):
            return read_condition(node, self.scope.at_construction, self.collector)
        (entry,) = node.entries
        name, span = entry.value, entry.key.span
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            self.collector.add(
                "NS104", f"`given` names an input, but this is {kind_of(name)}", span,
                help="write `when: {given: mask}`",
            )  # fmt: skip
            return FaultyArgument(span)
        value = self.names.get(name.text, FAULTY)
        if name.text not in self.names:
            report_value(name.text, name.span, self.names, self.layers, self.collector)
        elif value not in self.optional and value != FAULTY:
            self.collector.add(
                "NS408", f"`{name.text}` is always given", name.span,
                help="remove the condition, or declare the input with `optional: true`",
            )  # fmt: skip
        return FaultyArgument(span) if value == FAULTY else IsGiven(value, name.span)

    def _loop(self, step: StepDecl) -> None:
        turns, scope = read_turns(step.clauses, self.scope.at_construction, self.collector)
        scope = replace(scope, construction=self.scope.construction)
        repeat = step.clauses.repeat
        built = self.scope.at_construction
        count = None if repeat is None else read_argument(repeat.value, built, self.collector)
        names, before, outside = dict(self.names), self.current, self.scope
        rebound = [name for name in bound_names(step) if name in names]
        for name in rebound:
            self.names[name] = self.new(name, self.values[names[name]].span)
        inside = dict(self.names)
        entering = self.new(None, step.span) if before is not None else None
        self.current, self.scope = entering, scope
        body = self._body(replace(step, clauses=Clauses()))
        self.scope = outside
        carried = [Carried(names[name], self.names[name], inside[name]) for name in rebound]
        self.optional |= {each.after for each in carried if self.optional & {each.before, each.end}}
        if before is not None and entering is not None:
            carried.append(Carried(before, FAULTY if self.current is None else self.current, entering))
            self.current = entering
        # What only the turns know has no value behind them.
        self.names = inside
        self.items.append(StepLoop(body, tuple(carried), step.span, turns, count))

    def _body(self, step: StepDecl) -> tuple[Item, ...]:
        """The items of a step (or of its steps) by themselves."""
        around, self.items = self.items, []
        if step.steps is not None and step.clauses.first is None:
            self.steps(step.steps)
        else:
            self._step(step)
        body, self.items = tuple(self.items), around
        return body

    def _call(self, step: StepDecl) -> None:
        use = step.op
        assert use is not None
        if use.name in ("shape", "let", "append") or use.name in LANGUAGE_OPS:
            self._of_language(step, use)
            return
        context = replace(self.context, scope=self.scope)
        if use.name == "super":
            callee = find_base(use, self.base, self.collector)
        else:
            callee = find_callee(use, self.layers, context, unread="layers" in self.unread)
        operands, keywords = self.operands(step, callee)
        if callee is None:
            self._faulty(step)
            return
        use = callee.use
        arguments = read_arguments(use, self.scope, self.collector)
        good = self._no_auto(arguments) and self.check(callee, operands, keywords, arguments, use.span)
        listed = calls_members(callee, self.layers)
        good = good and (not listed or self._fits_members(step, use, operands))
        collect = self._collect(step, use, listed)
        results = self.results(step.results, use.span)
        self.items.append(
            Call(
                layer=callee.path,
                op=callee.op,
                name=use.name,
                span=use.span,
                operands=operands,
                keyword_operands=keywords,
                arguments=arguments,
                results=results,
                faulty=not good,
                collect=collect,
            )
        )

    def _of_language(self, step: StepDecl, use: OpUse) -> None:
        self._collect(step, use, listed=False)
        match use.name:
            case "shape":
                name_sizes(self, step, use)
            case "let":
                name_integers(self, use)
            case "append":
                append(self, step, use)
            case _:
                language_step(self, step, use, LANGUAGE_OPS[use.name])

    def _fits_members(self, step: StepDecl, use: OpUse, operands: tuple[Operand, ...]) -> bool:
        """Whether one value flows through the members of a list; reported if not."""
        keys = [key.text for key, _ in step.source.keywords] if step.source is not None else []
        if not operands and all(map(is_identifier, keys)):
            self.collector.add(
                "NS203", f"`{use.name}` does not say what flows through its members", use.span,
                help="write `from: [_, mask]`: the first source flows, the others go to every member",
            )  # fmt: skip
            return False
        if step.results is not None and step.results.unpack:
            self.collector.add(
                "NS211", f"the members of `{use.name}` hand on one value, but `as` names a list",
                step.results.span, help="write `as: name`, and unpack it with `getitem`",
            )  # fmt: skip
            return False
        return True

    def _collect(self, step: StepDecl, use: OpUse, listed: bool) -> int | None:
        """`collect: NAME`: the number of the list; None where there is none."""
        if step.collect is None:
            return None
        name = step.collect.value
        if not listed:
            self.collector.add(
                "NS408", f"`collect` gathers what the members of a ModuleList give, but `{use.name}` is none",
                step.collect.key.span, help="give the result a name with `as`",
            )  # fmt: skip
            if isinstance(name, Scalar) and is_identifier(name.text):
                self.names[name.text] = FAULTY
            return None
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            self.collector.add(
                "NS104", f"`collect` gives a list its name, but this is {kind_of(name)}",
                step.collect.key.span, help="write `collect: features`",
            )  # fmt: skip
            return None
        if not self._good_name(name):
            return None
        self.names[name.text] = self.new(name.text, name.span)
        return self.names[name.text]

    def _no_auto(self, arguments: Arguments) -> bool:
        found = [each.span for each in arguments.all if isinstance(each, AutoArgument)]
        for span in found:
            self.collector.add(
                "NS306", "`auto` stands for an argument of a layer, not for one of a step", span,
                help="write the value, or declare a layer",
            )  # fmt: skip
        return not found

    def check(
        self,
        callee: Callee,
        operands: tuple[Operand, ...],
        keywords: tuple[tuple[str, Span, Operand], ...],
        arguments: Arguments,
        span: Span,
    ) -> bool:
        if callee.signatures is None:
            return True
        variadic = callee.op.variadic if callee.op is not None else None
        bound = check_arguments(
            callee.use.name, callee.signatures, operands, keywords, arguments, self.collector,
            span=span, variadic=variadic,
        )  # fmt: skip
        return bound is not None

    def operands(
        self, step: StepDecl, callee: Callee | None
    ) -> tuple[tuple[Operand, ...], tuple[tuple[str, Span, Operand], ...]]:
        op = callee.op if callee is not None else None
        if step.source is None:
            return self.implicit(step.span, op, callee is None), ()
        if op is not None and not takes_sources(op):
            self.collector.add(
                "NS207",
                f"`{op.name}` makes a tensor and takes no source",
                step.source.span,
                help="remove `from`",
            )
        begin = self.current
        named = [(key, s) for key, s in step.source.keywords if self._is_argument(key)]
        keywords = tuple((key.text, key.span, self._source(s, begin)) for key, s in named)
        operands = tuple(self._source(source, begin) for source in step.source.positional)
        if takes_list(op) and not step.source.single and operands:
            return (OperandList(operands, step.source.span),), keywords
        return operands, keywords

    def implicit(self, span: Span, op: Op | None, unknown: bool) -> tuple[Operand, ...]:
        """The current value, which a step without `from` takes; a factory takes nothing."""
        if is_factory(op):
            return ()
        if self.current is None:
            if not unknown:
                self.collector.add(
                    "NS210",
                    "this step needs a current value, and there is none",
                    span,
                    help="say what it takes: `from: name`",
                )
            return (ValueRef(FAULTY, span),)
        return (ValueRef(self.current, span),)

    def _source(self, source: SourceDecl, begin: int | None) -> Operand:
        match source:
            case Branch(steps, span):
                self.current = begin
                self.steps(steps)
                last, self.current = self.current, begin
                return ValueRef(FAULTY if last is None else last, span)
            case FaultySource(span):
                return ValueRef(FAULTY, span)
            case Scalar(value=str(text)) if "$" not in text:
                return self._named(source, begin)
        return read_argument(source, self.scope, self.collector)

    def _named(self, source: Scalar, begin: int | None) -> Operand:
        name, span = source.text, source.span
        if name == "_":
            if begin is None:
                self.collector.add(
                    "NS210", "`_` is the current value, and there is none here", span, help="name a value"
                )
            return ValueRef(FAULTY if begin is None else begin, span)
        *path, tensor = name.split(".")
        owner = find_layer(self.layers, tuple(path)) if path and name not in self.names else None
        if owner is not None and find_layer(self.layers, (*path, tensor)) is None:
            return self._tensor(tuple(path), tensor, owner, span)
        return self.value(name, span)

    def value(self, name: str, span: Span) -> ValueRef:
        """The value of a name; unknown, after a report, where nothing bears it."""
        if name in self.names:
            return ValueRef(self.names[name], span)
        if "inputs" not in self.unread:
            report_value(name, span, self.names, self.layers, self.collector)
        return ValueRef(FAULTY, span)

    def _is_argument(self, key: Scalar) -> bool:
        if is_identifier(key.text):
            return True
        self.collector.add(
            "NS202", f"no argument is called `{key.text}`", key.span,
            help="under `from`, a mapping has argument names as its keys",
        )  # fmt: skip
        return False

    def _tensor(self, path: tuple[str, ...], tensor: str, owner: Layer, span: Span) -> Operand:
        """A parameter or buffer of a layer; containers own none, and its name is an attribute."""
        if owner.faulty:
            return ValueRef(FAULTY, span)
        if owner.op is not None and is_identifier(tensor) and not tensor.startswith("__"):
            return TensorRef(path, tensor, span)
        self.collector.add(
            "NS212", f"`{'.'.join(path)}` has no tensor `{tensor}`", span,
            help="name a parameter or buffer of a layer, such as `fc.weight`",
        )  # fmt: skip
        return ValueRef(FAULTY, span)

    def _faulty(self, step: StepDecl) -> None:
        """A step that was reported: its results exist, and nothing is known of them."""
        use = step.op or OpUse("?", step.span)
        operands = tuple(ValueRef(v, step.span) for v in self._mentioned(step.source))
        results = self.results(step.results, step.span)
        self.items.append(
            Call(None, None, use.name, use.span, operands, (), Arguments(), results, faulty=True)
        )

    def _mentioned(self, source: From | None) -> list[int]:
        if source is None:
            return [] if self.current is None else [self.current]
        every = [*source.positional, *(s for _, s in source.keywords)]
        return [self.names[s.text] for s in every if isinstance(s, Scalar) and s.text in self.names]

    def results(self, results: Results | None, span: Span) -> Names:
        """Number the results, bind their names, and set the current value."""
        if results is None or results.faulty:
            value = self.new(None, span)
            self.current = value if results is None else FAULTY
            return Names((value,), unpack=False)
        names = self._bind(results)
        bound = list(names.flat)
        if not results.unpack and not bound:
            bound = [self.new(None, span)]
            names = Names((bound[0],), unpack=False)
        self.current = bound[0] if len(bound) == 1 else None
        return names

    def _bind(self, results: Results) -> Names:
        found: list[int | None | Names] = []
        for each in results.names:
            if isinstance(each, Results):
                found.append(self._bind(each))
            elif each.text == "_" and results.unpack:
                found.append(None)
            elif self._good_name(each):
                self.names[each.text] = self.new(each.text, each.span)
                found.append(self.names[each.text])
            else:
                found.append(self.new(None, each.span))
        return Names(tuple(found), results.unpack)

    def _good_name(self, name: Scalar) -> bool:
        text = name.text
        if is_identifier(text) and not text.startswith("__") and text not in {*RESERVED, "self", "_"}:
            return True
        self.collector.add(
            "NS105",
            f"`{text}` cannot name a value",
            name.span,
            help="use letters, digits and `_`, and no word of Python or of the language",
        )
        return False

    def new(self, name: str | None, span: Span) -> int:
        value = len(self.values)
        self.values[value] = ValueInfo(name, span)
        return value
