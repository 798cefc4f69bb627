"""Python annotations -> the catalog's type words, and Python defaults -> plain values.

Reads annotations as text, so that a stub (`_int | _size`) and a runtime signature
(`Union[int, tuple[int, int]]`) go the same way.

>>> words("_int | SymInt | Sequence[_int | SymInt]")
('int', 'ints')
>>> words("Union[str, int, tuple[int, int]]")
('str', 'int', 'int[2]')
>>> words("tuple[int | None, ...]")
('ints?',)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netspec.catalog.model import REQUIRED, Default

# What has no place in a spec: complex numbers, symbolic integers (they are integers there).
_NOTHING = frozenset("_complex complex SymInt SymFloat PySymType IntLikeType".split())
_SCALARS = {
    **dict.fromkeys(("int", "_int"), "int"),
    **dict.fromkeys(("float", "_float"), "float"),
    **dict.fromkeys(("bool", "_bool"), "bool"),
    **dict.fromkeys(("dtype", "_dtype"), "dtype"),
    **dict.fromkeys(("None", "NoneType"), "none"),
    "str": "str",
    "Number": "number",
    "Tensor": "tensor",
    "Any": "any",
    "Callable": "callable",
    "Module": "module",
}
_ALIASES = {
    "_size": ("ints",),
    "Size": ("ints",),
    "_symsize": ("ints",),
    "list": ("tensors",),
    "_size_any_t": ("int", "ints"),
    "_size_any_opt_t": ("int", "none", "ints?"),
    "_size_1_t": ("int", "int[1]"),
    "_size_2_t": ("int", "int[2]"),
    "_size_3_t": ("int", "int[3]"),
    "_size_2_opt_t": ("int", "none", "ints?"),
    "_size_3_opt_t": ("int", "none", "ints?"),
    "_ratio_any_t": ("float", "floats"),
}
_PLURALS = {"int": "ints", "float": "floats", "str": "strs", "tensor": "tensors", "number": "floats"}
_SEQUENCES = frozenset("tuple list Sequence Tuple List".split())


def words(annotation: str) -> tuple[str, ...]:
    """The type words of an annotation, each once, in its order; `any` for what is not known."""
    found = dict.fromkeys(_walk(ast.parse(annotation, mode="eval").body))
    if "Literal" in found:
        del found["Literal"]
    return tuple(found)


def literals(annotation: str) -> tuple[str, ...]:
    """The texts of a `Literal[...]` inside an annotation."""
    tree = ast.parse(annotation, mode="eval")
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _name(node.value) == "Literal":
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            found += [item.value for item in items if isinstance(item, ast.Constant)]
    return tuple(each for each in found if isinstance(each, str))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _walk(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _walk(left)
            yield from _walk(right)
        case ast.Constant(value=None):
            yield "none"
        case ast.Constant(value=bool()):
            yield "bool"
        case ast.Constant(value=str() as text):
            yield from _walk(ast.parse(text, mode="eval").body)
        case ast.Subscript(value=outer, slice=inner):
            yield from _subscript(_name(outer), inner)
        case _:
            yield from _simple(_name(node))


def _simple(name: str) -> Iterator[str]:
    if name in _SCALARS:
        yield _SCALARS[name]
    elif name in _ALIASES:
        yield from _ALIASES[name]
    elif name not in _NOTHING:
        yield "module" if name.startswith("Transformer") else "any"


def _subscript(outer: str, inner: ast.expr) -> Iterator[str]:
    items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if outer == "Union":
        for item in items:
            yield from _walk(item)
    elif outer == "Optional":
        yield from _walk(inner)
        yield "none"
    elif outer == "Literal":
        constants = [item.value for item in items if isinstance(item, ast.Constant)]
        yield from dict.fromkeys("bool" if isinstance(value, bool) else "str" for value in constants)
    elif outer == "Callable":
        # What makes a layer is a layer type; what maps tensors is a function.
        yield "class" if _name(items[-1]) == "Module" else "callable"
    elif outer in _SEQUENCES:
        yield _sequence(outer, items)
    else:
        yield "any"


def _sequence(outer: str, items: list[ast.expr]) -> str:
    endless = outer not in ("tuple", "Tuple") or any(
        isinstance(item, ast.Constant) and item.value is ... for item in items
    )
    inner = tuple(dict.fromkeys(_walk(items[0])))
    optional = "?" if "none" in inner else ""
    kind = next((word for word in inner if word != "none"), "any")
    if kind not in _PLURALS:
        return "any"
    if endless or kind == "tensor":
        return _PLURALS[kind] + optional
    return f"{kind}[{len(items)}]{optional}"


def plain_default(value: object) -> Default:
    """A default as the catalog holds it, a class by its name; what a spec cannot write is None."""
    if isinstance(value, list | tuple):
        return tuple(plain_default(item) for item in value)
    if value is None or value is REQUIRED or isinstance(value, bool | int | float | str):
        return value
    return value.__name__ if isinstance(value, type) else None
