"""`index` and `assign`: a subscript as people write it, `[:, 0]` or `[..., $n:]`, checked and read.

A bare name is a value: `[positions]` looks up a tensor by a tensor of indices.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from netspec.diagnostics import Collector, Span
from netspec.resolve.arguments import Code, read_formula, split_text
from netspec.resolve.expressions import ExpressionError, parse
from netspec.resolve.program import Argument, Constant, Formula, Slice, Subscript, TensorIndex
from netspec.resolve.scope import Scope
from netspec.syntax import Node, Scalar


@dataclass(frozen=True, slots=True)
class Reading:
    """The expressions of one subscript by the names that stand for them, and the values that it names."""

    formulas: dict[str, Formula | None]
    values: list[str]
    span: Span


def read_subscript(
    node: Node | None, span: Span, scope: Scope, collector: Collector
) -> tuple[Subscript, list[str]] | None:
    """The parts of a subscript, and the names of the values in it; None after a report."""
    if not isinstance(node, Scalar) or not node.text.strip().startswith("["):
        collector.add(
            "NS104", "a subscript is a text such as `[:, 0]`", span if node is None else node.span,
            help='write it in quotes: `{index: "[:, 0]"}`',
        )  # fmt: skip
        return None
    text, formulas = _without_expressions(node.text.strip(), node.span, scope, collector)
    if None in formulas.values():
        return None
    try:
        tree = ast.parse(f"x{text}", mode="eval").body
    except SyntaxError:
        tree = None
    if not isinstance(tree, ast.Subscript) or not isinstance(tree.value, ast.Name):
        collector.add(
            "NS302", f"`{node.text}` is not a subscript", node.span, help="write one such as `[:, 0]`"
        )
        return None
    parts = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
    reading = Reading(formulas, [], node.span)
    try:
        items = tuple(_item(part, reading) for part in parts)
    except ExpressionError as error:
        collector.add(
            "NS302", str(error), node.span,
            help="use integers, slices, `None`, `...`, `$` expressions and names of values",
        )  # fmt: skip
        return None
    return Subscript(items, node.span), reading.values


def _without_expressions(
    text: str, span: Span, scope: Scope, collector: Collector
) -> tuple[str, dict[str, Formula | None]]:
    """The text with each `$` expression replaced by a name."""
    found: dict[str, Formula | None] = {}
    plain = ""
    for part in split_text(text):
        if isinstance(part, Code):
            name = f"__e{len(found)}__"
            found[name] = read_formula(part.text, span, scope, collector)
            plain += name
        else:
            plain += part
    return plain, found


def _item(node: ast.expr, reading: Reading) -> Argument | Slice | TensorIndex:
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            bounds = (None if each is None else _number(each, reading) for each in (lower, upper, step))
            return Slice(*bounds)
        case ast.Constant(value=None):
            return Constant(None, reading.span)
        case ast.Constant() if node.value is Ellipsis:
            return Constant("...", reading.span)
        case ast.Name(id=name) if name not in reading.formulas:
            reading.values.append(name)
            return TensorIndex(len(reading.values) - 1)
    return _number(node, reading)


def _number(node: ast.expr, reading: Reading) -> Argument:
    formulas, span = reading.formulas, reading.span
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return Constant(value, span)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return Constant(-value, span)
        case ast.Name(id=name) if formulas.get(name) is not None:
            found = formulas[name]
            assert found is not None
            return found
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)) if formulas.get(name) is not None:
            inner = formulas[name]
            assert inner is not None
            return Formula(parse(f"-({inner.expression.text})"), span, inner.over_dims)
    raise ExpressionError(f"`{ast.unparse(node)}` cannot stand in a subscript")
