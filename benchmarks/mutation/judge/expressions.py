"""`$name` and `$(...)`: found in texts, and evaluated by Python.

>>> filled("layer$(i + 1)", {"i": 1}), filled("$i", {"i": 1})
('layer2', 1)
"""

from __future__ import annotations

import ast
import functools
import math
import re
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from benchmarks.mutation.judge.reading import Breach

_FUNCTIONS = {
    "min": min, "max": max, "abs": abs, "round": round, "int": int, "float": float, "len": len, "sum": sum,
    "range": range, "ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log2": math.log2,
    "prod": math.prod,
}  # fmt: skip
_NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.List, ast.Tuple, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Call, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_]\w*")


def filled(text: str, names: Mapping[str, Any]) -> Any:
    """A text with its expressions evaluated; the bare value where the text is one expression."""
    parts = list(_parts(text))
    values = [evaluate(part, names) if is_code else part for part, is_code in parts]
    if len(parts) == 1:
        return values[0]
    return "".join(str(value) for value in values)


def evaluate(code: str, names: Mapping[str, Any]) -> Any:
    """The value of one expression; Breach where it is none, or names what is not there."""
    compiled, used = _compiled(code)
    for name in used:
        if name not in names and name not in _FUNCTIONS:
            raise Breach(f"no name {name}")
    try:
        return eval(compiled, {"__builtins__": {}}, {**_FUNCTIONS, **names})
    except Exception as error:
        raise Breach(f"{code}: {error}") from None


@functools.cache
def _compiled(code: str) -> tuple[CodeType, tuple[str, ...]]:
    try:
        tree = ast.parse(code.strip(), mode="eval")
    except SyntaxError as error:
        raise Breach(f"{code}: {error}") from None
    for node in ast.walk(tree):
        if not isinstance(node, _NODES) or (isinstance(node, ast.Call) and not _is_known(node)):
            raise Breach(f"{code}: {type(node).__name__} is not allowed")
    names = tuple(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return compile(tree, "<expression>", "eval"), names


def _is_known(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _FUNCTIONS


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The stretches of a text, each with whether it is an expression."""
    position = 0
    while (sign := text.find("$", position)) >= 0:
        if sign > position:
            yield text[position:sign], False
        if text[sign + 1 : sign + 2] == "(":
            position = _end(text, sign + 1)
            yield text[sign + 2 : position - 1], True
        elif name := _NAME.match(text, sign + 1):
            position = name.end()
            yield name.group(), True
        else:
            raise Breach(f"no name behind $ in {text}")
    if position < len(text) or not text:
        yield text[position:], False


def _end(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth, quote = 0, ""
    for index in range(start, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return index + 1
    raise Breach(f"a bracket is open in {text}")
