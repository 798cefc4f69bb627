"""Argument nodes -> Arguments: literals, expressions, `auto`, lists and mappings of them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from netspec.diagnostics import Collector, Edit, Fix, Span, near, similar
from netspec.document.records import OpUse
from netspec.resolve.expressions import FUNCTIONS, ExpressionError, parse
from netspec.resolve.program import (
    Argument,
    Arguments,
    AutoArgument,
    Constant,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    ListArgument,
)
from netspec.resolve.scope import Scope
from netspec.syntax import Mapping, Node, Scalar, Sequence, kind_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_arguments(use: OpUse, scope: Scope, collector: Collector) -> Arguments:
    """Everything that an op use is given, positional and by keyword."""
    positional = tuple(read_argument(node, scope, collector) for node in use.positional)
    keywords = tuple(
        (entry.name, entry.key.span, read_argument(entry.value, scope, collector)) for entry in use.keywords
    )
    return Arguments(positional, keywords)


def read_argument(node: Node, scope: Scope, collector: Collector) -> Argument:
    match node:
        case Scalar():
            return _scalar(node, scope, collector)
        case Sequence(items):
            return ListArgument(tuple(read_argument(item, scope, collector) for item in items), node.span)
        case Mapping(entries):
            pairs = tuple((e.name, read_argument(e.value, scope, collector)) for e in entries)
            return DictArgument(pairs, node.span)


def read_condition(node: Node, scope: Scope, collector: Collector) -> Argument:
    """What stands under `when`: true, false or an expression."""
    argument = read_argument(node, scope, collector)
    match argument:
        case Constant(value=bool()) | Formula() | FaultyArgument():
            return argument
    collector.add(
        "NS104",
        f"`when` is a condition, but is {kind_of(node)}",
        node.span,
        help="write an expression, such as `$(depth > 2)` or `$training`",
    )
    return FaultyArgument(node.span)


def _scalar(scalar: Scalar, scope: Scope, collector: Collector) -> Argument:
    if scalar.value == "auto" and not scalar.quoted:
        return AutoArgument(scalar.span)
    if not isinstance(scalar.value, str) or "$" not in scalar.value:
        return Constant(scalar.value, scalar.span)
    parts = list(split_text(scalar.value))
    if any(isinstance(part, Unclosed) for part in parts):
        # Outside quotes the reader has reported it (NS008).
        if scalar.span.text[:1] in ("'", '"', "|", ">"):
            collector.add(
                "NS302",
                f"the expression in `{scalar.value}` is not closed",
                scalar.span,
                help="add the missing `)`",
            )
        return FaultyArgument(scalar.span)
    formulas = [
        read_formula(part.text, scalar.span, scope, collector) if isinstance(part, Code) else part
        for part in parts
    ]
    match formulas:
        case [Formula() as whole]:
            return whole
    if None in formulas:
        return FaultyArgument(scalar.span)
    return Interpolated(tuple(part for part in formulas if part is not None), scalar.span)


class Code(str):
    """The text of one expression inside a longer text."""

    @property
    def text(self) -> str:
        return str(self)


class Unclosed(Code):
    """An expression whose closing bracket is missing."""


def split_text(text: str) -> Iterator[str | Code]:
    """The literal and the expression parts of a text.

    >>> [type(part).__name__ + ":" + part for part in split_text("layer$(i + 1).$x")]
    ['str:layer', 'Code:i + 1', 'str:.', 'Code:x']
    """
    rest = 0
    at = text.find("$")
    while at >= 0:
        name = _NAME.match(text, at + 1)
        end = name.end() if name else _closing(text, at + 1)
        if name is None and end is None and text[at + 1 : at + 2] != "(":
            at = text.find("$", at + 1)
            continue
        if text[rest:at]:
            yield text[rest:at]
        if end is None:
            yield Unclosed(text[at + 2 :])
            return
        yield Code(text[at + 1 : end] if name else text[at + 2 : end - 1])
        rest = end
        at = text.find("$", end)
    if text[rest:]:
        yield text[rest:]


def _closing(text: str, start: int) -> int | None:
    """The offset behind the bracket that closes the one at `start`."""
    if text[start : start + 1] != "(":
        return None
    depth, quote = 0, ""
    for index in range(start, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return index + 1
    return None


def read_formula(text: str, span: Span, scope: Scope, collector: Collector) -> Formula | None:
    """An expression whose names are all known here; else a report and None."""
    if text in scope.names and keyword.iskeyword(text):
        return None
    try:
        parsed = parse(text)
    except ExpressionError as error:
        collector.add(
            "NS302",
            str(error),
            span,
            help="numbers, names, arithmetic, comparisons, `a if c else b`, indexing and the functions "
            f"{', '.join(FUNCTIONS)} are allowed",
        )
        return None
    for name in parsed.names:
        if name not in scope.usable:
            if name in scope.names or not scope.incomplete:
                _report_name(name, span, scope, collector)
            return None
    return Formula(parsed, span, any(scope.names[name] == "dimension" for name in parsed.names))


def _report_name(name: str, span: Span, scope: Scope, collector: Collector) -> None:
    if name in scope.names:
        collector.add(
            "NS301",
            f"`${name}` is a dimension, known only in a call, but this is decided when the module is built",
            span,
            help="use a number, a param, or `auto`",
        )
        return
    # A name that was reported as none is no way out.
    usable = [each for each in scope.usable if each.isidentifier()]
    best = near(name, usable)
    known = similar(name, usable) or usable
    if best:
        help = f"a name that is similar exists: `${best}`"
    elif known:
        help = "names in scope: " + ", ".join(f"`${each}`" for each in known)
    else:
        help = f"declare it under `params`: `{name}: 1`"
    fixes = []
    if best and span.text.count(name) == 1:
        start = span.start + span.text.index(name)
        fixes = [Fix(f"Rename to `{best}`", (Edit(Span(span.source, start, start + len(name)), best),))]
    collector.add(
        "NS301", f"no param, `let` name or dimension is called `{name}`", span, help=help, fixes=fixes
    )
