"""How layers, ops and their arguments read in views: as a call in Python, without what flows.

>>> value_text((1, None, "same"))
"(1, None, 'same')"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from netspec.catalog.model import Signature
from netspec.graph.evaluate import Selection
from netspec.graph.ir import ModuleNode, Node, TensorPath, ValueList, ValueNumber
from netspec.graph.verify import used
from netspec.shapes.dims import Dim, symbol
from netspec.shapes.infer import Shapes
from netspec.shapes.values import DictOf, ListOf, Tensor, TupleOf, Value, shape_text


def value_text(value: Any) -> str:
    """An argument's value as Python has it; names of sizes bare."""
    match value:
        case str() | bool() | None:
            return repr(value)
        case Selection(items=items):
            return f"[{', '.join(map(_subscript, items))}]"
        case TensorPath(module=path, tensor=tensor):
            return ".".join((*path, tensor))
        case tuple() | list():
            inner = ", ".join(map(value_text, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case Mapping():
            return "{" + ", ".join(f"{key}: {value_text(each)}" for key, each in value.items()) + "}"
        case ValueNumber() | ValueList():
            return "…"
    return _OF_CALL.sub("", str(value))


_OF_CALL = re.compile(r"[^\s()]*#\d+:")
"""Tells one call of a block from another; no view shows it."""


def _subscript(item: Any) -> str:
    match item:
        case slice(start=start, stop=stop, step=step):
            bounds = ["" if each is None else value_text(each) for each in (start, stop)]
            return ":".join(bounds if step is None else [*bounds, value_text(step)])
        case _ if item is Ellipsis:
            return "..."
    return value_text(item)


def output_text(value: Value) -> str:
    """A value's shape, with its dtype where that is not float32."""
    match value:
        case Tensor(shape=shape, dtype=dtype):
            return shape_text(shape) if dtype == "float32" else f"{dtype or '?'} {shape_text(shape)}"
        case TupleOf(items=items) | ListOf(items=items):
            return ", ".join(map(output_text, items))
        case DictOf(items=pairs):
            return ", ".join(f"{key}: {output_text(each)}" for key, each in pairs)
    return str(value)


def label_text(value: Value, typical: Mapping[str, int]) -> str:
    """As `output_text`, but short: a long formula gives way to its value for the typical sizes, after `~`."""

    def short(size: Dim) -> str:
        text = str(size)
        known = size.value is None and all(each.name in typical for each in size.symbols)
        return f"~{size.evaluate(typical)}" if known and len(text) > _LONGEST else text

    return output_text(_spelled(value, short))


def sized_text(value: Value, sizes: Mapping[str, int]) -> str:
    """As `output_text`, with these sizes put in."""

    def sized(size: Dim) -> str:
        known = all(each.name in sizes for each in size.symbols)
        return str(size.evaluate(sizes)) if known else str(size)

    return output_text(_spelled(value, sized))


_LONGEST = 6  # characters of a size in a label


def _spelled(value: Value, spell: Callable[[Dim], str]) -> Value:
    """The value with the sizes of its tensors respelled."""
    match value:
        case Tensor(shape=tuple() as shape, dtype=dtype):
            return Tensor(tuple(symbol(spell(each)) for each in shape), dtype)
        case TupleOf(items=items) | ListOf(items=items):
            return TupleOf(tuple(_spelled(each, spell) for each in items))
    return value


def layer_arguments(module: ModuleNode, shapes: Shapes) -> dict[str, Any]:
    """The constructor arguments of a layer or block that differ from their defaults, or have none."""
    if module.op is None:
        return {}
    settings = shapes.settings.get(module.path) or module.settings or {}
    return dict(_telling(_settled(settings, shapes), module.op.signatures))


def call_arguments(node: Node, shapes: Shapes) -> dict[str, Any]:
    """What a call is given beside values: arguments that differ from their defaults, or have none."""
    if node.op is None:
        return {}
    signatures = node.op.signatures if node.module is None else (node.op.call,)
    plain = {name: each for name, each in node.arguments.items() if next(used(each), None) is None}
    return dict(_telling(_settled(plain, shapes), signatures))


def _settled(value: Any, shapes: Shapes) -> Any:
    """The value with the names that a block or step gives to sizes put as what they stand for."""
    match value:
        case Dim():
            return value.substitute(shapes.sizes)
        case Selection(items=items):
            return Selection(_settled(items, shapes))
        case slice(start=start, stop=stop, step=step):
            return slice(*(_settled(each, shapes) for each in (start, stop, step)))
        case tuple():
            return tuple(_settled(each, shapes) for each in value)
        case Mapping():
            return {key: _settled(each, shapes) for key, each in value.items()}
    return value


def _telling(values: Mapping[str, Any], signatures: tuple[Signature, ...]) -> Iterator[tuple[str, Any]]:
    names = values.keys()
    signature = next((each for each in signatures if names <= {param.name for param in each}), signatures[0])
    defaults = {param.name: param.default for param in signature}
    for name, value in values.items():
        default = defaults.get(name)
        if name not in defaults or type(value) is not type(default) or value != default:
            yield name, value


def call_text(name: str, arguments: Mapping[str, Any], signatures: tuple[Signature, ...] = ()) -> str:
    """`Conv2d(1, 32, 3, padding=1)`: those that have no default by position, the others by name."""
    required = {param.name for each in signatures for param in each if param.required}
    words: list[str] = []
    for key, value in sorted(arguments.items(), key=lambda each: each[0] not in required):
        words.append(value_text(value) if key in required else f"{key}={value_text(value)}")
    return f"{name}({', '.join(words)})" if words else name
