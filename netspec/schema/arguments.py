"""An op's signatures -> the schema of what follows its name in `{Name: arguments}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.catalog.model import REQUIRED, Op, Param

# A text where a number is wanted is an expression, or the word `auto`.
EXPRESSION = r"\$|^auto$"
_SCALARS = {"int": "integer", "float": "number", "number": "number", "bool": "boolean", "str": "string",
            "none": "null", "dtype": "string"}  # fmt: skip
_ITEMS = {"ints": ["integer", "string"], "floats": ["number", "string"], "strs": ["string"]}
_FLOWS = ("tensor", "tensors", "module", "class", "callable", "any")


def arguments_schema(op: Op, docs: Mapping[str, str]) -> dict[str, Any]:
    """Keyword arguments are checked one by one, positional ones are left to the checker."""
    properties: dict[str, Any] = {}
    for signature in op.signatures:
        for param in signature:
            properties.setdefault(param.name, param_schema(param, docs.get(param.name, "")))
    found: dict[str, Any] = {"description": signature_line(op)}
    if all(type_word in _SCALARS for p in op.signatures[0][:1] for type_word in p.types):
        kinds = ["object", "array", "string", "number", "boolean", "null"]
        found["type"] = kinds
    found["properties"] = properties
    found["additionalProperties"] = False
    # Steps get arguments from the flow as well, so that only constructors know what is missing.
    if op.kind == "module":
        required = [p.name for p in op.signatures[0] if p.required]
        if required and len(op.signatures) == 1:
            found["required"] = required
    return found


def signature_line(op: Op) -> str:
    """`Conv2d(in_channels, out_channels, kernel_size, stride=1, ...)`, and what the op does."""
    parts = [p.name if p.default is REQUIRED else f"{p.name}={p.default!r}" for p in op.signatures[0]]
    line = f"{op.source}({', '.join(parts)})"
    return f"{op.doc} {line}" if op.doc else line


def param_schema(param: Param, doc: str) -> dict[str, Any]:
    found: dict[str, Any] = {"description": doc or f"`{param.name}`: {' | '.join(param.types)}"}
    if param.default is not REQUIRED and not isinstance(param.default, tuple):
        found["default"] = param.default
    if any(_base(word) in _FLOWS for word in param.types):
        return found
    kinds = {"string"}
    items: set[str] = set()
    for word in param.types:
        base = _base(word)
        if base in _SCALARS:
            kinds.add(_SCALARS[base])
        else:
            kinds.add("array")
            items.update(_ITEMS.get(base, ["integer", "string", "null"]))
            items.update(["null"] if "?" in word else [])
    free_text = {"str", "dtype"} & set(param.types) and not param.choices
    found["type"] = sorted(kinds)
    if items and "strs" not in param.types:
        found["items"] = {"type": sorted(items)}
    if not free_text:
        choices = "|".join(f"^{choice}$" for choice in param.choices if isinstance(choice, str))
        found["pattern"] = f"{EXPRESSION}|{choices}" if choices else EXPRESSION
    if param.choices and not any(isinstance(choice, str) for choice in param.choices):
        found["examples"] = list(param.choices)
    elif param.choices:
        found["examples"] = [choice for choice in param.choices if isinstance(choice, str)]
    if param.minimum is not None:
        found["minimum"] = param.minimum
    if param.exclusive_minimum is not None:
        found["exclusiveMinimum"] = param.exclusive_minimum
    if param.maximum is not None:
        found["maximum"] = param.maximum
    return found


def _base(word: str) -> str:
    """`int[2]` and `ints?` are lists of integers."""
    if "[" in word:
        return word.partition("[")[0] + "s"
    return word.removesuffix("?")
