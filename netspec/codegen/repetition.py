"""`for`, `repeat`, `when` and `group` of a layer -> Python loops and comprehensions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from netspec.codegen.layout import broken, indented
from netspec.codegen.spelling import Spelling
from netspec.resolve.program import Argument, Constant, Formula, Layer, ListArgument, Turns

Text = Callable[[Layer, Spelling], str]
Texts = Callable[[Layer, Spelling], list[str]]


def element(layer: Layer, spelling: Spelling, one: Text, inner: Texts) -> str:
    """One entry of a list as an item of a Python list; `one` spells a single layer, `inner` the
    entries of a group."""
    clauses, inside = turn_clauses(layer, spelling)
    single = replace(layer, turns=None, repeat=None, when=None)
    if not layer.group:
        text = one(single, inside)
        if not clauses and layer.when is None:
            return text
        if not clauses and layer.when is not None:
            return f"*([{text}] if {condition_text(layer.when, spelling)} else [])"
        return f"*{comprehension(text, clauses)}"
    items = inner(single, inside)
    if not clauses:
        if layer.when is None:
            return ", ".join(f"*[{item}]" for item in items)
        return f"*({broken('', items, '[]')} if {condition_text(layer.when, spelling)} else [])"
    each = f"for layer in {broken('', items, '[]')}"
    return f"*{comprehension('layer', [*clauses, each])}"


def comprehension(text: str, clauses: list[str]) -> str:
    flat = f"[{text} {' '.join(clauses)}]"
    if "\n" not in flat and len(flat) <= 80:
        return flat
    return "[\n" + "\n".join(indented(line) for line in (text, *clauses)) + "\n]"


def turn_clauses(layer: Layer, spelling: Spelling) -> tuple[list[str], Spelling]:
    """The `for` and `if` clauses of a comprehension, and the names inside it. In a comprehension
    `let` names are replaced by their expressions."""
    clauses = turns_text(layer, spelling)
    inside = spelling
    if layer.turns is not None:
        inside = turn_names(layer.turns, spelling)
    if clauses and layer.when is not None:
        clauses.append(f"if {condition_text(layer.when, inside)}")
    return clauses, inside


def turn_names(turns: Turns, spelling: Spelling) -> Spelling:
    names = {**spelling.names, turns.variable: turns.variable}
    for let in turns.lets:
        names[let.name] = f"({spelling.with_names(names).formula(let.formula)})"
    return spelling.with_names(names)


def turns_text(layer: Layer, spelling: Spelling) -> list[str]:
    """`for stage in [1, 2, 3]` and `for _ in range(n)`."""
    heads = []
    if layer.turns is not None:
        heads.append(f"for {layer.turns.variable} in {iterable_text(layer.turns.values, spelling)}")
    if layer.repeat is not None:
        heads.append(f"for _ in range({spelling.argument(layer.repeat)})")
    return heads


def iterable_text(values: Argument, spelling: Spelling) -> str:
    """What a loop runs over: a list as it is, a number as a range."""
    text = spelling.argument(values)
    match values:
        case ListArgument(items=items):
            return f"[{', '.join(spelling.argument(item) for item in items)}]"
        case Formula(expression=expression) if is_list(expression.tree, spelling.lists):
            return text
        case Constant() | Formula():
            return f"range({text})"
    return text


def is_list(tree: ast.expr, lists: frozenset[str]) -> bool:
    """Whether an expression gives a list; `lists` are the names that do."""
    match tree:
        case ast.List() | ast.Tuple() | ast.Call(func=ast.Name(id="range")):
            return True
        case ast.Name(id=name):
            return name in lists
        case ast.Subscript(value=value, slice=ast.Slice()):
            return is_list(value, lists)
        case ast.BinOp(left=left, right=right):
            return is_list(left, lists) or is_list(right, lists)
        case ast.IfExp(body=body):
            return is_list(body, lists)
    return False


def condition_text(condition: Argument, spelling: Spelling) -> str:
    return spelling.argument(condition)
