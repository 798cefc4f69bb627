"""Layers -> the statements of `__init__`: plain lines, loops and conditions, as the spec has them."""

from __future__ import annotations

from dataclasses import replace

from netspec.codegen.constructors import constructor_arguments
from netspec.codegen.layout import INDENT, broken, call_text, indented
from netspec.codegen.repetition import condition_text, element, turns_text
from netspec.codegen.spelling import Spelling, literal
from netspec.document.words import is_identifier
from netspec.resolve.program import Layer


def statements(layers: tuple[Layer, ...], spelling: Spelling, *, absent: bool = False) -> list[str]:
    """The lines that register the layers of a module; all of them as None where they are `absent`."""
    return [line for layer in layers for line in _statement(layer, spelling, absent).split("\n")]


def _statement(layer: Layer, spelling: Spelling, absent: bool) -> str:
    if layer.turns is not None or layer.repeat is not None:
        return _loop(layer, spelling, absent)
    if layer.group:
        missing = "\n".join(statements(layer.children, spelling, absent=True))
        present = "\n".join(statements(layer.children, spelling))
    else:
        missing = _assignment(layer, "None", spelling)
        present = _assignment(layer, construction(layer, spelling), spelling)
    if absent or layer.when is None:
        return missing if absent else present
    condition = condition_text(layer.when, spelling)
    return f"if {condition}:\n{indented(present)}\nelse:\n{indented(missing)}"


def _loop(layer: Layer, spelling: Spelling, absent: bool) -> str:
    lines = []
    inside = spelling
    depth = 0
    for head in turns_text(layer, spelling):
        lines.append(INDENT * depth + head + ":")
        depth += 1
    if layer.turns is not None:
        inside = spelling.with_names({**spelling.names, layer.turns.variable: layer.turns.variable})
        for let in layer.turns.lets:
            lines.append(f"{INDENT * depth}{let.name} = {inside.formula(let.formula)}")
            inside = inside.with_names({**inside.names, let.name: let.name})
    once = replace(layer, turns=None, repeat=None)
    return "\n".join([*lines, indented(_statement(once, inside, absent), depth)])


def _assignment(layer: Layer, value: str, spelling: Spelling) -> str:
    name = name_text(layer, spelling)
    if layer.template is None and is_attribute(layer.label):
        return f"self.{layer.label} = {value}"
    if value == "None":
        return f"setattr(self, {name}, None)"
    return call_text("self.add_module", [name, value])


def name_text(layer: Layer, spelling: Spelling) -> str:
    """The name as a Python text: `"conv1"` or `f"block{i}"`."""
    if layer.template is not None:
        return spelling.text(layer.template)
    return literal(layer.label)


def is_attribute(name: str) -> bool:
    """Whether a layer can be written `self.name`; a leading `__` would be mangled by the class."""
    return is_identifier(name) and not name.startswith("__")


def construction(layer: Layer, spelling: Spelling) -> str:
    """The call that builds one layer."""
    if layer.container is not None:
        return _container(layer, spelling)
    if layer.op_param is not None:
        return call_text(spelling.names[layer.op_param], arguments_text(layer, spelling))
    assert layer.op is not None
    return call_text(spelling.op(layer.op.source), arguments_text(layer, spelling))


def arguments_text(layer: Layer, spelling: Spelling) -> list[str]:
    return constructor_arguments(layer.op, layer.arguments, spelling)


def _container(layer: Layer, spelling: Spelling) -> str:
    return filled(spelling.op(f"nn.{layer.container}"), layer, spelling)


def filled(container: str, layer: Layer, spelling: Spelling) -> str:
    """The call of `container` with the members of a layer that is one."""
    if not layer.children:
        return f"{container}()"
    named = any(child.name is not None for child in layer.children)
    if layer.container == "ModuleList":
        return f"{container}({broken('', members(layer.children, spelling), '[]')})"
    if layer.container == "Sequential" and not named:
        return broken(container, members(layer.children, spelling))
    if layer.container == "ModuleDict" and all(child.is_plain for child in layer.children):
        pairs = [f"{literal(child.label)}: {construction(child, spelling)}" for child in layer.children]
        return f"{container}({broken('', pairs, '{}')})"
    return f"{container}({named_members(layer.children, spelling, ordered=layer.container == 'Sequential')})"


def members(layers: tuple[Layer, ...], spelling: Spelling) -> list[str]:
    """The items of a list of layers: `nn.ReLU()`, `*[Block(64) for _ in range(n)]`."""
    return [element(layer, spelling, construction, _inner) for layer in layers]


def _inner(layer: Layer, spelling: Spelling) -> list[str]:
    return members(layer.children, spelling)


def named_members(layers: tuple[Layer, ...], spelling: Spelling, *, ordered: bool) -> str:
    """The members of a container by name: pairs in an OrderedDict."""
    pairs = broken("", _pairs(layers, spelling), "[]")
    return f"{spelling.imported('OrderedDict')}({pairs})" if ordered else pairs


def _pairs(layers: tuple[Layer, ...], spelling: Spelling) -> list[str]:
    return [element(layer, spelling, _pair, _inner_pairs) for layer in layers]


def _pair(layer: Layer, spelling: Spelling) -> str:
    return f"({name_text(layer, spelling)}, {construction(layer, spelling)})"


def _inner_pairs(layer: Layer, spelling: Spelling) -> list[str]:
    return _pairs(layer.children, spelling)
