"""Arguments -> values, for given params; `Held` carries what binding need not look into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netspec.catalog.bind import Typed
from netspec.diagnostics import Collector, Span
from netspec.resolve.expression_values import evaluate
from netspec.resolve.expressions import ExpressionError, Undecided
from netspec.resolve.program import (
    Argument,
    AutoArgument,
    Constant,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    ListArgument,
    Slice,
    Subscript,
    TensorIndex,
)
from netspec.shapes.call import AUTO
from netspec.shapes.dims import Dim


@dataclass(frozen=True, slots=True)
class Held(Typed):
    """A value that fits by its kind alone: an operand, `auto`, an integer over dimensions."""

    value: Any = None


class Unevaluated(Exception):
    """The argument was reported and has no value."""


def value_of(argument: Argument, names: Mapping[str, Any], collector: Collector) -> Any:
    """The Python value of an argument; `Held` for `auto` and for integers over dimensions."""
    match argument:
        case Constant(value=value):
            return value
        case ListArgument(items=items):
            return [value_of(item, names, collector) for item in items]
        case DictArgument(items=pairs):
            return {key: value_of(item, names, collector) for key, item in pairs}
        case AutoArgument():
            return Held("any", AUTO)
        case FaultyArgument():
            raise Unevaluated
        case Subscript(items=items):
            return Held("any", Selection(tuple(_selected(item, names, collector) for item in items)))
        case Formula():
            return _held(formula_value(argument, names, collector))
        case Interpolated(parts=parts):
            return "".join(
                part if isinstance(part, str) else str(formula_value(part, names, collector))
                for part in parts
            )


@dataclass(frozen=True, slots=True)
class Selection:
    """A subscript with its values: integers, `Dim`s, slices of them, `TensorIndex`, None and Ellipsis."""

    items: tuple[Any, ...]


def _selected(item: Argument | Slice | TensorIndex, names: Mapping[str, Any], collector: Collector) -> Any:
    if isinstance(item, TensorIndex):
        return item
    if isinstance(item, Slice):
        bounds = (
            None if b is None else _selected(b, names, collector) for b in (item.start, item.stop, item.step)
        )
        return slice(*bounds)
    value = released(value_of(item, names, collector))
    return Ellipsis if value == "..." else value


def text_of(template: Interpolated | Formula, names: Mapping[str, Any], collector: Collector) -> str:
    """A name with its expressions evaluated."""
    return str(released(value_of(template, names, collector)))


def formula_value(formula: Formula, names: Mapping[str, Any], collector: Collector) -> Any:
    """The value of an expression; Unevaluated, after a report, where it has none. A name without a
    value was reported where it is declared."""
    if not names.keys() >= set(formula.expression.names):
        raise Unevaluated
    try:
        return evaluate(formula.expression, names)
    except ExpressionError as error:
        help = "correct the expression, or give other params"
        _report(str(error), formula.span, collector, help, error.note)
    except Undecided:
        _report(
            f"`{formula.expression.text}` is not one integer formula for every size of its dimensions",
            formula.span,
            collector,
            "over dimensions use + - * // %, `min`, `max`, `abs`, and `a if c else b` between integers",
        )
    raise Unevaluated


def _held(value: Any) -> Any:
    match value:
        case Dim():
            return Held("int", value)
        case list():
            return [_held(item) for item in value]
    return value


def _report(message: str, span: Span, collector: Collector, help: str, note: str = "") -> None:
    collector.add("NS303", message, span, help=help, notes=(note,) if note else ())


def released(value: Any) -> Any:
    """A bound argument with what `Held` carried in its place."""
    match value:
        case Held(value=held):
            return held
        case tuple() | list():
            return tuple(released(item) for item in value)
        case dict():
            return {key: released(item) for key, item in value.items()}
    return value
