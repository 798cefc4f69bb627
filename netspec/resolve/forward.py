"""`forward`: steps -> calls on numbered values, with branches in line and names looked up.

Each value has one number (static single assignment), so later stages never ask what a name meant
at some step. A faulty step still makes values, which are unknown: one cause gives one report.
"""

from __future__ import annotations

from netspec.catalog.model import Op
from netspec.diagnostics import Collector, Span, near, similar
from netspec.document.records import Branch, FaultySource, From, OpUse, Results, SourceDecl, StepDecl
from netspec.document.words import RESERVED, STEP_OPS, is_identifier
from netspec.resolve.arguments import read_argument, read_arguments
from netspec.resolve.binding import check_arguments
from netspec.resolve.callee import Callee, find_callee
from netspec.resolve.layers import LayerContext, supported
from netspec.resolve.program import (
    FAULTY,
    Arguments,
    AutoArgument,
    Call,
    Input,
    Layer,
    Names,
    Operand,
    OperandList,
    TensorRef,
    ValueInfo,
    ValueRef,
)
from netspec.syntax import Scalar


class Lowering:
    """The state of reading one module's `forward`."""

    def __init__(
        self,
        inputs: tuple[Input, ...],
        layers: tuple[Layer, ...],
        context: LayerContext,
        *,
        unread: frozenset[str] = frozenset(),
    ) -> None:
        """`unread`: the keys among `inputs` and `layers` that were reported; what might stand there is
        not missed."""
        self.unread = unread
        self.context = context
        self.collector: Collector = context.collector
        self.scope = context.scope.in_forward
        self.layers = layers
        self.calls: list[Call] = []
        self.values = {each.value: ValueInfo(each.name, each.span) for each in inputs if not each.faulty}
        self.names = {each.name: each.value for each in inputs}
        self.current: int | None = inputs[0].value if inputs else FAULTY if "inputs" in unread else None

    def steps(self, steps: tuple[StepDecl, ...]) -> None:
        for step in steps:
            self._step(step)

    def _step(self, step: StepDecl) -> None:
        if not supported(step.clauses, step.op is None, step.span, self.collector):
            self._faulty(step)
            return
        use = step.op
        assert use is not None
        if step.collect is not None or (use.name in STEP_OPS and use.name != "call"):
            word = step.collect.key if step.collect is not None else None
            self.collector.add(
                "NS108",
                f"`{word.text if word else use.name}` is not supported by this release",
                word.span if word else use.span,
                help="express the step by ops of the catalog, such as `view`, `narrow` or `chunk`",
            )
            self._faulty(step)
            return
        callee = find_callee(use, self.layers, self.context, unread="layers" in self.unread)
        operands, keywords = self._operands(step, callee)
        if callee is None:
            self._faulty(step)
            return
        use = callee.use
        arguments = read_arguments(use, self.scope, self.collector)
        good = self._no_auto(arguments) and self._check(callee, operands, keywords, arguments, use.span)
        results = self._results(step.results, use.span)
        self.calls.append(
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
            )
        )

    def _no_auto(self, arguments: Arguments) -> bool:
        found = [each.span for each in arguments.all if isinstance(each, AutoArgument)]
        for span in found:
            self.collector.add(
                "NS306", "`auto` stands for an argument of a layer, not for one of a step", span,
                help="write the value, or declare a layer",
            )  # fmt: skip
        return not found

    def _check(
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

    def _operands(
        self, step: StepDecl, callee: Callee | None
    ) -> tuple[tuple[Operand, ...], tuple[tuple[str, Span, Operand], ...]]:
        op = callee.op if callee is not None else None
        if step.source is None:
            return self._implicit(step.span, op, callee is None), ()
        if is_factory(op):
            assert op is not None
            self.collector.add(
                "NS207",
                f"`{op.name}` makes a tensor and takes no source",
                step.source.span,
                help="remove `from`",
            )
        begin = self.current
        keywords = tuple((key.text, key.span, self._source(s, begin)) for key, s in step.source.keywords)
        operands = tuple(self._source(source, begin) for source in step.source.positional)
        if takes_list(op) and not step.source.single and operands:
            return (OperandList(operands, step.source.span),), keywords
        return operands, keywords

    def _implicit(self, span: Span, op: Op | None, unknown: bool) -> tuple[Operand, ...]:
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
        if name in self.names:
            return ValueRef(self.names[name], span)
        *path, tensor = name.split(".")
        if path and _layer_at(self.layers, tuple(path)) is not None:
            return TensorRef(tuple(path), tensor, span)
        if "inputs" not in self.unread:
            report_value(name, span, self.names, self.layers, self.collector)
        return ValueRef(FAULTY, span)

    def _faulty(self, step: StepDecl) -> None:
        """A step that was reported: its results exist, and nothing is known of them."""
        use = step.op or OpUse("?", step.span)
        operands = tuple(ValueRef(v, step.span) for v in self._mentioned(step.source))
        results = self._results(step.results, step.span)
        self.calls.append(
            Call(None, None, use.name, use.span, operands, (), Arguments(), results, faulty=True)
        )

    def _mentioned(self, source: From | None) -> list[int]:
        if source is None:
            return [] if self.current is None else [self.current]
        every = [*source.positional, *(s for _, s in source.keywords)]
        return [self.names[s.text] for s in every if isinstance(s, Scalar) and s.text in self.names]

    def _results(self, results: Results | None, span: Span) -> Names:
        """Number the results, bind their names, and set the current value."""
        if results is None or results.faulty:
            value = self._new(None, span)
            self.current = value if results is None else FAULTY
            return Names((value,), unpack=False)
        names = self._bind(results)
        bound = list(names.flat)
        if not results.unpack and not bound:
            bound = [self._new(None, span)]
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
                self.names[each.text] = self._new(each.text, each.span)
                found.append(self.names[each.text])
            else:
                found.append(self._new(None, each.span))
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

    def _new(self, name: str | None, span: Span) -> int:
        value = len(self.values)
        self.values[value] = ValueInfo(name, span)
        return value


def is_factory(op: Op | None) -> bool:
    """Whether an op makes a tensor from sizes alone: no signature has a tensor."""
    if op is None or op.kind == "module":
        return False
    return not any("tensor" in t or t == "any" for s in op.signatures for p in s for t in p.types)


def takes_list(op: Op | None) -> bool:
    """Whether an op's first argument is a list of tensors, as `cat`'s is."""
    if op is None or not op.signatures or not op.signatures[0]:
        return False
    return "tensors" in op.signatures[0][0].types


def _layer_at(layers: tuple[Layer, ...], path: tuple[str, ...]) -> Layer | None:
    found: Layer | None = None
    for name in path:
        found = next((layer for layer in layers if layer.name == name), None)
        if found is None:
            return None
        layers = found.children
    return found


def report_value(
    name: str, span: Span, names: dict[str, int], layers: tuple[Layer, ...], collector: Collector
) -> None:
    """A source that is no value: perhaps a layer, perhaps misspelled."""
    if any(layer.name == name for layer in layers):
        collector.add(
            "NS208",
            f"`{name}` is a layer, but a value is needed here",
            span,
            help=f"write `[{name}]` for what `{name}` makes of the current value",
        )
        return
    best = near(name, names)
    others = similar(name, names) or tuple(names)
    help = (
        f"a value with a similar name exists: `{best}`"
        if best
        else "known values: " + ", ".join(f"`{other}`" for other in others)
    )
    collector.add("NS208", f"no value is called `{name}`", span, help=help)
