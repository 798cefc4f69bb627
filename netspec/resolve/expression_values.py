"""The values of expressions. Sizes and magnitudes are bounded, so that a spec cannot hang its reader.

>>> from netspec.resolve.expressions import parse
>>> evaluate(parse("min(a, b) * 2"), {"a": 3, "b": 4})
6
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from netspec.resolve.expressions import FUNCTIONS, OPERATORS, ExpressionError, Parsed, Undecided, words
from netspec.shapes.dims import choice, dim

_LONGEST = 100
MOST_ITEMS = 10_000
MOST_DIGITS = 30
MOST_MAGNITUDE = 2**63


def evaluate(expression: Parsed, names: Mapping[str, object]) -> Any:
    """The value of an expression; ExpressionError says why there is none, Undecided that it
    depends on a dimension."""
    try:
        return _value(expression.tree, names)
    except ExpressionError:
        raise
    except (
        TypeError,
        ValueError,
        ZeroDivisionError,
        OverflowError,
        IndexError,
        KeyError,
        RecursionError,
    ) as error:
        given = ", ".join(f"{name} = {names[name]!r}" for name in expression.names)
        why = f" for {given}" if given and len(given) < _LONGEST else ""
        raise ExpressionError(
            f"`{expression.text}` cannot be evaluated{why}", f"Python says: {error}"
        ) from None


def _value(node: ast.expr, names: Mapping[str, object]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise ExpressionError(f"`{name}` has no value here")
            return names[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return _bounded([_value(item, names) for item in items])
        case ast.BinOp(left=left, op=op, right=right):
            return _bounded(_binary(op, _value(left, names), _value(right, names)))
        case ast.UnaryOp(op=op, operand=operand):
            return OPERATORS[type(op)](_value(operand, names))
        case ast.BoolOp(op=op, values=values):
            return _boolean(op, values, names)
        case ast.Compare():
            return _compare(node, names)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _chosen(test, lambda: _value(body, names), lambda: _value(orelse, names), names)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _bounded(_call(name, [_value(arg, names) for arg in args]))
        case ast.Subscript(value=value, slice=index):
            return _value(value, names)[_index(index, names)]
    raise ExpressionError(f"`{words(node)}` is not part of the expression language")


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow) and isinstance(right, int) and (abs(right) > 64):
        raise ExpressionError(f"the power {right} is too large")
    if isinstance(op, ast.Mod) and isinstance(left, str):
        raise ExpressionError("`%` is the remainder of numbers here")
    if isinstance(op, ast.Mult) and not (_is_number(left) and _is_number(right)):
        count = left if _is_number(left) else right
        items = right if _is_number(left) else left
        if not isinstance(count, int) or not hasattr(items, "__len__") or count * _size(items) > MOST_ITEMS:
            raise ExpressionError("only numbers multiply, or a list with a small integer")
    return OPERATORS[type(op)](left, right)


def _is_number(value: Any) -> bool:
    return not isinstance(value, str | list | tuple | range) and value is not None


def _bounded(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > MOST_MAGNITUDE:
        raise ExpressionError(f"the number {value:.3g} is too large")
    if isinstance(value, complex):
        raise ExpressionError(f"the result {value:.3g} is no real number")
    if _size(value) > MOST_ITEMS:
        raise ExpressionError(f"a list or text of {_size(value):,} items is too long")
    return value


def _size(value: Any) -> int:
    """How many items a value holds, those of lists inside included."""
    match value:
        case list() | tuple():
            return len(value) + sum(_size(item) for item in value if isinstance(item, list | tuple | str))
        case str() | range():
            return len(value)
    return 0


def _chosen(
    test: ast.expr, yes: Callable[[], Any], no: Callable[[], Any], names: Mapping[str, object]
) -> Any:
    """`yes() if test else no()`; where dimensions decide, an integer that holds both answers."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _chosen(inner, no, yes, names)
        case ast.BoolOp(op=ast.And(), values=[first, *rest]):
            both = yes if not rest else lambda: _chosen(ast.BoolOp(ast.And(), rest), yes, no, names)
            return _chosen(first, both, no, names)
        case ast.BoolOp(op=ast.Or(), values=[first, *rest]):
            either = no if not rest else lambda: _chosen(ast.BoolOp(ast.Or(), rest), yes, no, names)
            return _chosen(first, yes, either, names)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = _value(left, names), _value(right, names)
            if _is_symbolic(a) or _is_symbolic(b):
                return _by_order(op, a, b, yes, no)
        case ast.Compare(left=left, ops=[_, *_] as ops, comparators=others) if len(ops) > 1:
            pairs = zip([left, *others], ops, others, strict=False)
            each: list[ast.expr] = [ast.Compare(a, [op], [b]) for a, op, b in pairs]
            return _chosen(ast.BoolOp(ast.And(), each), yes, no, names)
    return yes() if _truth(_value(test, names)) else no()


def _by_order(op: ast.cmpop, a: Any, b: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """A choice by the order of two integers, of which one depends on dimensions."""
    if not (_is_integer(a) and _is_integer(b)):
        raise Undecided("a comparison of a dimension with what is no integer")
    match op:
        case ast.GtE():
            return _either(a - b, yes, no)
        case ast.Gt():
            return _either(a - b - 1, yes, no)
        case ast.LtE():
            return _either(b - a, yes, no)
        case ast.Lt():
            return _either(b - a - 1, yes, no)
        case ast.Eq():
            return _either(a - b, lambda: _either(b - a, yes, no), no)
        case ast.NotEq():
            return _either(a - b, lambda: _either(b - a, no, yes), yes)
    raise Undecided("a condition over a dimension")


def _either(test: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    low, high = dim(test).bounds
    if low >= 0 or high < 0:
        return yes() if low >= 0 else no()
    one, other = yes(), no()
    if not (_is_integer(one) and _is_integer(other)):
        raise Undecided("a choice between values that are no integers")
    return choice(test, one, other)


def _is_integer(value: Any) -> bool:
    return _is_symbolic(value) or type(value) is int


def _least(values: list[Any]) -> Any:
    """The least of integers over dimensions."""
    if not all(map(_is_integer, values)):
        raise Undecided("min")
    found = values[0]
    for each in values[1:]:
        found = choice(dim(each) - found, found, each)
    return found


def _call(name: str, arguments: list[Any]) -> Any:
    given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list | tuple) else arguments
    if name in ("min", "max", "abs", "int") and any(_is_symbolic(value) for value in given):
        return _over_dims(name, list(given))
    # Roots and roundings of a size that is not known are not one number.
    if name not in ("sum", "prod", "len") and any(_is_symbolic(value) for value in arguments):
        raise Undecided(name)
    if name == "round" and len(arguments) == 2 and abs(arguments[1]) > MOST_DIGITS:
        raise ExpressionError(f"rounding to {arguments[1]} digits is beyond a number's digits")
    result = FUNCTIONS[name](*arguments)
    return list(_bounded(result)) if isinstance(result, range) else result


def _over_dims(name: str, values: list[Any]) -> Any:
    match name:
        case "min":
            return _least(values)
        case "max":
            return -_least([-value for value in values])
        case "abs" if len(values) == 1:
            return choice(values[0], values[0], -values[0])
        case "int" if len(values) == 1:
            return values[0]
    raise ExpressionError(f"`{name}` takes one number")


def _is_symbolic(value: Any) -> bool:
    return hasattr(value, "symbols")


def _boolean(op: ast.boolop, values: list[ast.expr], names: Mapping[str, object]) -> Any:
    result: Any = None
    for each in values:
        result = _value(each, names)
        if _truth(result) is isinstance(op, ast.Or):
            return result
    return result


def _compare(node: ast.Compare, names: Mapping[str, object]) -> bool:
    left = _value(node.left, names)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, names)
        if _is_symbolic(left) or _is_symbolic(right):
            raise Undecided(ast.unparse(node))
        if not OPERATORS[type(op)](left, right):
            return False
        left = right
    return True


def _truth(value: Any) -> bool:
    if _is_symbolic(value):
        raise Undecided("a condition over a dimension")
    return bool(value)


def _index(node: ast.expr, names: Mapping[str, object]) -> Any:
    if isinstance(node, ast.Slice):
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if part is None else _value(part, names) for part in parts))
    return _value(node, names)
