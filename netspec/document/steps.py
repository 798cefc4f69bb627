"""The `forward` list: steps with their sources, results and clauses."""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.document.ops import clauses, key_span, read_op
from netspec.document.records import Branch, FaultySource, From, OpUse, Results, SourceDecl, StepDecl
from netspec.document.words import STEP_KEYS
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, kind_of


def read_steps(node: Node | None, collector: Collector) -> tuple[StepDecl, ...]:
    """The steps of a list; anything else has been reported by the envelope."""
    if not isinstance(node, Sequence):
        return ()
    found = (_step(item, collector) for item in node.items)
    return tuple(step for step in found if step is not None)


def _step(node: Node, collector: Collector) -> StepDecl | None:
    # A layer may be called `0`: a number is a name here.
    if isinstance(node, Scalar) and type(node.value) is int:
        return StepDecl(OpUse(node.text, node.span), node.span)
    op, beside = read_op(node, STEP_KEYS, collector, what="this step")
    if op is None and "let" in beside and "steps" not in beside:
        let = beside.pop("let")
        op = OpUse("let", let.key.span, let.value)
    steps = beside.get("steps")
    if op is None and steps is None:
        if isinstance(node, Mapping):
            collector.add(
                "NS106",
                "this step names no layer or op",
                key_span(node),
                help="write `name` or `{name: arguments}`",
            )
        return None
    if steps is not None and not isinstance(steps.value, Sequence):
        collector.add(
            "NS104",
            f"`steps` is a list, but this is {kind_of(steps.value)}",
            key_span(steps.value),
            help="write `steps: [step, step]`",
        )
    return StepDecl(
        op=op,
        span=op.span if op is not None else key_span(node),
        source=_sources(beside["from"], collector) if "from" in beside else None,
        results=_results(beside["as"].value, collector) if "as" in beside else None,
        collect=beside.get("collect"),
        clauses=clauses(beside),
        steps=read_steps(steps.value, collector) if steps is not None else None,
    )


def _sources(entry: Entry, collector: Collector) -> From:
    span = entry.key.span
    match entry.value:
        case Mapping(entries):
            keywords = tuple((each.key, _source(each.value, collector)) for each in entries)
            return From((), keywords, span, single=False)
        case Sequence(items):
            return From(tuple(_source(item, collector) for item in items), (), span, single=False)
    return From((_source(entry.value, collector),), (), span, single=True)


def _source(node: Node, collector: Collector) -> SourceDecl:
    match node:
        case Scalar(value=None, quoted=False):
            collector.add(
                "NS104",
                "a source is missing here",
                node.span,
                help="name an input or an `as` name, or write `_` for the current value",
            )
            return FaultySource(node.span)
        case Scalar():
            return node
        case Sequence():
            return Branch(read_steps(node, collector), key_span(node))
    collector.add(
        "NS104",
        f"a source is a name, a number or a list of steps, but this is {kind_of(node)}",
        key_span(node),
        help="a list of steps, `[step, ...]`, is a branch",
    )
    return FaultySource(node.span)


def _is_name(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _results(node: Node, collector: Collector) -> Results:
    match node:
        case Scalar(value=str()):
            return Results((node,), node.span, unpack=False)
        case Sequence(items) if items and all(_is_name(item) or isinstance(item, Sequence) for item in items):
            names = tuple(item if isinstance(item, Scalar) else _results(item, collector) for item in items)
            faulty = any(isinstance(name, Results) and name.faulty for name in names)
            return Results(names, node.span, unpack=True, faulty=faulty)
    items = node.items if isinstance(node, Sequence) else ()
    wrong = next((item for item in items if not (_is_name(item) or isinstance(item, Sequence))), node)
    if wrong is not node:
        what = f"one of them is {kind_of(wrong)}"
    else:
        what = "is an empty list" if isinstance(node, Sequence) else f"is {kind_of(node)}"
    collector.add(
        "NS104",
        f"`as` gives a name or a list of names, but {what}",
        key_span(wrong),
        help="write `as: name` or `as: [a, b]`",
    )
    return Results((), node.span, unpack=True, faulty=True)
