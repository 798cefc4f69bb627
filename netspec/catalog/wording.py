"""How messages name types and values.

>>> phrase(("int", "int[2]"))
'an integer or a list of 2 integers'
>>> flow([1, None, "2", True])
'[1, null, "2", true]'
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.catalog.model import Typed

SIZED = re.compile(r"(\w+)\[(\d+)\](\??)")
_PHRASES = {
    "int": "an integer",
    "float": "a number",
    "number": "a number",
    "bool": "true or false",
    "str": "a text",
    "none": "nothing",
    "tensor": "a tensor",
    "tensors": "a list of tensors",
    "dtype": "a dtype such as `float32`",
    "ints": "a list of integers",
    "floats": "a list of numbers",
    "strs": "a list of texts",
    "module": "a layer",
    "class": "a layer type",
    "callable": "an op",
    "op": "an op",
    "any": "a value",
}
# A list longer than this, as text, is told by its length.
_LONGEST = 60


def phrase(types: Iterable[str]) -> str:
    """Type words in English: `an integer or a list of 2 integers`."""
    found = list(dict.fromkeys(_phrase(word) for word in types if word != "none"))
    if "a number" in found and "an integer" in found:
        found.remove("an integer")
    return either(found) or "nothing"


def _phrase(word: str) -> str:
    sized = SIZED.fullmatch(word)
    if sized is not None:
        plural = _PHRASES[sized[1] + "s"].removeprefix("a list of ")
        return f"a list of {sized[2]} {plural if sized[2] != '1' else plural.removesuffix('s')}"
    return _PHRASES.get(word.removesuffix("?"), word)


def either(texts: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def shown(value: object) -> str:
    """A value as a message names it."""
    match value:
        case Typed():
            return phrase((value.kind,))
        case None:
            return "nothing"
        case bool():
            return f"the boolean `{flow(value)}`"
        case int() | float():
            return f"the number {flow(value)}"
        case str():
            return f"the text {value!r}"
        case list() | tuple():
            text = flow(value)
            return f"the list `{text}`" if len(text) <= _LONGEST else f"a list of {len(value)} items"
    return "a mapping"


def flow(value: object) -> str:
    """A value as YAML on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return f"[{', '.join(map(flow, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
        case Typed():
            return "..."
        case str() if number(value) is not None or value.lower() in ("", "~", "null", "true", "false"):
            return f'"{value}"'
    return str(value)


def number(text: str) -> int | float | None:
    """The number that a text reads as, or None."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None
