"""Expressions as Python source.

>>> from netspec.resolve.expressions import parse
>>> to_python(parse("ceil(a / 2)"), {"a": "width"})
'math.ceil(width / 2)'
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netspec.resolve.expressions import Parsed


def to_python(expression: Parsed, rename: Mapping[str, str], *, math: str = "math") -> str:
    """The expression as Python source, with names replaced; `math` is how that module is called."""
    return ast.unparse(_Rename(rename, math).visit(ast.parse(expression.text.strip(), mode="eval")))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str], math: str) -> None:
        self.names = names
        self.math = math

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.parse(self.names.get(node.id, node.id), mode="eval").body

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node.func:
            case ast.Name(id="ceil" | "floor" | "sqrt" | "log2" | "prod" as name):
                node.func = ast.parse(f"{self.math}.{name}", mode="eval").body
        return node


MATH_FUNCTIONS = frozenset({"ceil", "floor", "sqrt", "log2", "prod"})


def calls_math(expression: Parsed) -> bool:
    """Whether the Python form needs `import math`."""
    return not MATH_FUNCTIONS.isdisjoint(expression.called)
