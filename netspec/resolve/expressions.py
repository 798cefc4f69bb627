"""The expression language of `$name` and `$(...)`: a checked subset of Python.

Parsed with Python's own parser, then every node must be on the list below: no attributes, no calls
of other names.

>>> parse("min(a, b) * 2").names
('a', 'b')
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "int": int,
    "float": float,
    "len": len,
    "sum": sum,
    "range": range,
    "ceil": math.ceil,
    "floor": math.floor,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "prod": math.prod,
}
MOST_CHARACTERS = 2_000
MOST_DEPTH = 60
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_ALLOWED = (
    *OPERATORS,
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.List, ast.Tuple, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.IfExp, ast.Call, ast.Subscript, ast.Slice,
)  # fmt: skip


class ExpressionError(Exception):
    """Why an expression cannot be parsed or evaluated, in a person's words; `note` is Python's own."""

    def __init__(self, message: str, note: str = "") -> None:
        super().__init__(message)
        self.note = note


class Undecided(Exception):
    """A comparison or choice that depends on a dimension: its value is not one value."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression that is in the subset; `names` are what it refers to, `called` its functions."""

    text: str
    tree: ast.expr
    names: tuple[str, ...]
    called: frozenset[str]


def parse(text: str) -> Parsed:
    """Parse the text between `$(` and `)`; ExpressionError where it is not in the subset."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression is longer than {MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            # Python warns of odd spellings (`1if x else 2`), which mean what they say.
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"`{text}` is not an expression") from None
    if _is_deep(tree):
        raise ExpressionError(f"the expression nests more than {MOST_DEPTH} operations")
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        _check(node)
        if isinstance(node, ast.Name):
            names[node.id] = None
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    return Parsed(text, tree, tuple(name for name in names if name not in called), frozenset(called))


def _is_deep(tree: ast.expr) -> bool:
    """Whether operations nest beyond what walking the tree by recursion can bear."""
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _check(node: ast.AST) -> None:
    match node:
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            return
        case ast.Call():
            raise ExpressionError(f"`{ast.unparse(node.func)}` cannot be called")
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return
        case ast.Compare(ops=ops, comparators=right):
            if any(
                isinstance(op, ast.Is | ast.IsNot) and not _is_none(r)
                for op, r in zip(ops, right, strict=True)
            ):
                raise ExpressionError(f"`{ast.unparse(node)}` compares by `is`; only None is compared so")
            return
        case ast.Constant():
            raise ExpressionError(f"`{ast.unparse(node)}` is no number, string, boolean or None")
    if not isinstance(node, _ALLOWED):
        raise ExpressionError(f"`{words(node)}` is not part of the expression language")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def words(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (AttributeError, RecursionError):
        return type(node).__name__
