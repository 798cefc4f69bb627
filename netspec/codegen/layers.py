"""Layers -> the constructor calls of `__init__`, and the paths that reach them in forward."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netspec.codegen.layout import broken, call_text
from netspec.codegen.spelling import Spelling, literal, tuple_text
from netspec.document.words import is_identifier
from netspec.resolve.program import Arguments, Layer
from netspec.shapes.dims import Dim

Solved = Mapping[tuple[str, ...], Mapping[str, Dim]]


def statement(layer: Layer, spelling: Spelling, solved: Solved) -> str:
    """The line that registers a layer of the module itself."""
    value = construction(layer, (layer.name,), spelling, solved)
    if is_attribute(layer.name):
        return f"self.{layer.name} = {value}"
    return f"self.add_module({literal(layer.name)}, {value})"


def is_attribute(name: str) -> bool:
    """Whether a layer can be written `self.name`; a leading `__` would be mangled by the class."""
    return is_identifier(name) and not name.startswith("__")


def construction(layer: Layer, path: tuple[str, ...], spelling: Spelling, solved: Solved) -> str:
    if layer.container is not None:
        return _container(layer, path, spelling, solved)
    assert layer.op is not None
    return call_text(
        spelling.op(layer.op.source), arguments_text(layer.arguments, spelling, layer, solved.get(path, {}))
    )


def arguments_text(
    arguments: Arguments, spelling: Spelling, layer: Layer, solved: Mapping[str, Dim]
) -> list[str]:
    assert layer.op is not None
    signature = layer.op.signatures[0]
    found = []
    for index, argument in enumerate(arguments.positional):
        name = signature[index].name if index < len(signature) else ""
        found.append(spelling.argument(argument, auto=size_text(solved.get(name), spelling)))
    for name, _, argument in arguments.keywords:
        found.append(f"{name}={spelling.argument(argument, auto=size_text(solved.get(name), spelling))}")
    return found


def size_text(size: Dim | None, spelling: Spelling) -> str:
    """What stands for `auto`: a number, or a formula over params, or a tuple of them."""
    if size is None:
        return ""
    if isinstance(size, tuple):
        return tuple_text([size_text(item, spelling) for item in size])
    # Formulas of dimensions print without spaces.
    return ast.unparse(ast.parse(str(size), mode="eval"))


def _container(layer: Layer, path: tuple[str, ...], spelling: Spelling, solved: Solved) -> str:
    children = [
        (child.name, construction(child, (*path, child.name), spelling, solved)) for child in layer.children
    ]
    container = spelling.op(f"nn.{layer.container}")
    numbered = [name for name, _ in children] == [str(index) for index in range(len(children))]
    if not children:
        return f"{container}()"
    if layer.container == "ModuleDict":
        inner = broken("", [f"{literal(name)}: {value}" for name, value in children], "{}")
        return f"{container}({inner})"
    if layer.container == "ModuleList":
        inner = broken("", [value for _, value in children], "[]")
        return f"{container}({inner})"
    if numbered:
        return broken(container, [value for _, value in children])
    pairs = broken("", [f"({literal(name)}, {value})" for name, value in children], "[]")
    return f"{container}({spelling.imported('OrderedDict')}({pairs}))"


def access(path: tuple[str, ...], layers: tuple[Layer, ...]) -> str:
    """How forward reaches a layer: `self.features[0]`, `self.heads["a"]`."""
    text, container = "self", ""
    for name in path:
        if container == "ModuleDict":
            text += f"[{literal(name)}]"
        elif container and name.isdecimal():
            text += f"[{name}]"
        elif is_attribute(name):
            text += f".{name}"
        else:
            text = f"getattr({text}, {literal(name)})"
        layer = next((each for each in layers if each.name == name), None)
        container = (layer.container or "") if layer is not None else ""
        layers = layer.children if layer is not None else ()
    return text
