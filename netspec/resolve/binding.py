"""Arguments as written -> checked against an op's signatures, with each problem at its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.catalog.bind import Binding, Problem, Typed, bind
from netspec.catalog.model import Signature
from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.resolve.program import (
    Arguments,
    Constant,
    DictArgument,
    Formula,
    ListArgument,
    Operand,
    OperandList,
)

ANY = Typed("any")
_WRITTEN = (Constant, Formula, ListArgument)


def plain(operand: Operand) -> object:
    """What binding sees: literals as Python values, all that is decided later as `ANY`."""
    match operand:
        case Constant(value=value):
            return value
        case ListArgument(items=items):
            return [plain(item) for item in items]
        case DictArgument(items=pairs):
            return {key: plain(value) for key, value in pairs}
        case OperandList():
            return Typed("tensors")
    return ANY


def check_arguments(
    name: str,
    signatures: Sequence[Signature],
    operands: tuple[Operand, ...],
    keyword_operands: tuple[tuple[str, Span, Operand], ...],
    arguments: Arguments,
    collector: Collector,
    *,
    span: Span,
    variadic: str | None = None,
    value_of: Callable[[Operand], object] = plain,
) -> Binding | None:
    """Bind and report; None where something is wrong. `value_of` gives each argument its value."""
    positional: list[Operand] = [*operands, *arguments.positional]
    keywords: dict[str, tuple[Span, Operand]] = {}
    for key, key_span, operand in (*keyword_operands, *arguments.keywords):
        if key in keywords:
            collector.add("NS209", f"`{key}` of `{name}` is given twice", key_span, help="remove one of them")
            return None
        keywords[key] = (key_span, operand)
    binding = bind(
        name,
        signatures,
        [value_of(operand) for operand in positional],
        {key: value_of(operand) for key, (_, operand) in keywords.items()},
        variadic=variadic,
    )
    for problem in binding.problems:
        _report(problem, positional, keywords, collector, span, _joined(problem, operands, arguments))
    return None if binding.problems else binding


def _report(
    problem: Problem,
    positional: list[Operand],
    keywords: dict[str, tuple[Span, Operand]],
    collector: Collector,
    span: Span,
    fixes: Sequence[Fix],
) -> None:
    place = span
    if problem.position is not None and problem.position < len(positional):
        place = positional[problem.position].span
    elif problem.argument in keywords:
        key_span, operand = keywords[problem.argument]
        place = key_span if problem.code in ("NS202", "NS209") else operand.span
    help = problem.help
    given = next((each for each in _operands(positional, keywords) if each.span == place), None)
    if isinstance(given, Formula) and problem.code in ("NS204", "NS205", "NS206"):
        help = f"`{given.expression.text}` gives this value: correct it, or give other params"
    elif problem.replacement is not None and place is not span:
        title = f"Replace by `{problem.replacement}`"
        fixes = [Fix(title, (Edit(place, problem.replacement),))]
    collector.add(problem.code, problem.message, place, help=help, fixes=fixes)


def _operands(positional: list[Operand], keywords: dict[str, tuple[Span, Operand]]) -> tuple[Operand, ...]:
    return (*positional, *(operand for _, operand in keywords.values()))


def _joined(problem: Problem, operands: Sequence[Operand], arguments: Arguments) -> tuple[Fix, ...]:
    """Give a list to one parameter, where its items were taken for several arguments."""
    written = [argument for argument in arguments.positional if isinstance(argument, _WRITTEN)]
    if problem.together is None or arguments.keywords or len(written) < len(arguments.positional):
        return ()
    if not written or problem.position is None or len(operands) > 1:
        return ()
    source = written[0].span.source
    before = source.text[: written[0].span.start].rstrip()
    after = written[-1].span.end
    after += len(source.text) - after - len(source.text[after:].lstrip())
    if not before.endswith("[") or source.text[after : after + 1] != "]":
        return ()
    first, last = Span(source, len(before) - 1, len(before) - 1), Span(source, after + 1, after + 1)
    edits = (Edit(first, f"{{{problem.together}: "), Edit(last, "}"))
    return (Fix(f"Give the list to `{problem.together}`", edits),)
