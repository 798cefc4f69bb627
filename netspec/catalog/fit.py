"""Does a value fit a parameter? Types, choices and ranges, and how messages name them.

A value is plain Python (None, bool, int, float, str, list, tuple, dict) or `Typed`, a value of which
only the kind is known yet.

>>> misfit("Dropout2d", Param("p", ("float",), 0.5, maximum=1), 1.5).message
'`p` of `Dropout2d` must be at most 1, but is 1.5'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from netspec.catalog.model import Param
from netspec.diagnostics import similar

_DTYPES = (
    "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool float double half long int short"
    " complex64 complex128 complex32 cfloat cdouble chalf uint16 uint32 uint64"
    " float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu"
)
DTYPES = tuple(_DTYPES.split())

_ITEMS = {"ints": "int", "floats": "float", "strs": "str", "tensors": "tensor"}
_SIZED = re.compile(r"(\w+)\[(\d+)\](\??)")
# Kinds that fit more words than their own.
_WIDER = {
    "int": ("float", "number"),
    "float": ("number",),
    "ints": ("floats",),
    "module": ("callable",),
    "op": ("module", "callable"),
}
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
    "callable": "an op",
    "op": "an op",
    "any": "a value",
}
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Typed:
    """A value known only by its kind: a type word of the catalog; `any` fits everything."""

    kind: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the arguments of an op.

    `argument`: the parameter, or the keyword as it is written, that it concerns. `position`: its index
    among the positional arguments, where it came so. `replacement`: the text to put in place of the
    keyword (NS202) or of the value (all others).
    """

    code: str
    message: str
    argument: str | None = None
    position: int | None = None
    help: str | None = None
    replacement: str | None = None


def misfit(op: str, param: Param, value: object, position: int | None = None) -> Problem | None:
    """What is wrong with `value` as the argument `param` of `op`, or None."""
    subject = f"`{param.name}` of `{op}`"
    if not any(fits(word, value) for word in param.types):
        return _wrong_type(subject, param, value, position)
    if not _chosen(param, value):
        return _bad_choice(subject, param.name, value, param.choices, position)
    return _out_of_range(subject, param, value, position)


def fits(word: str, value: object) -> bool:
    """Does the value fit one type word? A boolean is no number; an integer is one."""
    if word == "any":
        return True
    if isinstance(value, Typed):
        return _typed_fits(word, value.kind)
    if word in _ITEMS or word[-1] in "]?":
        return isinstance(value, list | tuple) and _items_fit(word, value)
    match word:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "none":
            return value is None
        case "dtype":
            return isinstance(value, str) and value.removeprefix("torch.") in DTYPES
        case "module" | "callable":
            return isinstance(value, str) or (isinstance(value, dict) and len(value) == 1)
    return False


def _typed_fits(word: str, kind: str) -> bool:
    if kind in ("any", word) or word in _WIDER.get(kind, ()):
        return True
    sized = _SIZED.fullmatch(word)
    return kind == word.removesuffix("?") or (sized is not None and kind == sized[1] + "s")


def _items_fit(word: str, values: list[object] | tuple[object, ...]) -> bool:
    sized = _SIZED.fullmatch(word)
    if sized is not None and len(values) != int(sized[2]):
        return False
    item = sized[1] if sized is not None else _ITEMS[word.removesuffix("?")]
    optional = word.endswith("?")
    return all(fits(item, value) or (optional and value is None) for value in values)


def _chosen(param: Param, value: object) -> bool:
    """Choices bind values of their own type only: `padding` is a number, or one of two words."""
    alike = [choice for choice in param.choices if type(choice) is type(value)]
    return not alike or value in alike or "callable" in param.types


def _wrong_type(subject: str, param: Param, value: object, position: int | None) -> Problem:
    if param.types == ("dtype",) or (isinstance(value, str) and "dtype" in param.types):
        return _bad_choice(subject, param.name, str(value), DTYPES, position)
    expected = (
        _choice_text(param.choices) if param.types == ("str",) and param.choices else phrase(param.types)
    )
    help, replacement = _remedy(param, value)
    message = f"{subject} must be {expected}, but is {shown(value)}"
    return Problem("NS204", message, param.name, position, help, replacement)


def _remedy(param: Param, value: object) -> tuple[str | None, str | None]:
    """Help and replacement where the value only needs to be written otherwise."""
    if isinstance(value, str):
        for reading in (_number(value), {"true": True, "false": False}.get(value.lower())):
            if reading is not None and any(fits(word, reading) for word in param.types):
                return f"remove the quotes: `{value.strip()}`", value.strip()
    plain = isinstance(value, int | float)
    if plain and not isinstance(value, bool) and "bool" in param.types and value in (0, 1):
        text = "true" if value else "false"
        return f"write `{text}`", text
    if isinstance(value, float) and value.is_integer() and "int" in param.types:
        return f"write `{int(value)}`", str(int(value))
    if value is None and "none" in param.choices:
        return "write `none`", "none"
    if isinstance(value, int | float | str) and any(fits(word, [value]) for word in param.types):
        return f"write `[{flow(value)}]`", f"[{flow(value)}]"
    return None, None


def _number(text: str) -> int | float | None:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _bad_choice(
    subject: str, argument: str, value: object, choices: Iterable[object], position: int | None
) -> Problem:
    known = [str(choice) for choice in choices]
    near = similar(value, known) if isinstance(value, str) else ()
    text = _choice_text(known) if len(known) <= 12 else "a dtype such as `float32`"
    help = f"a similar one exists: `{near[0]}`" if near else None
    message = f"{subject} must be {text}, but is {value!r}"
    return Problem("NS206", message, argument, position, help, near[0] if near else None)


def _choice_text(choices: Iterable[object]) -> str:
    return either([f"`{choice}`" for choice in choices])


def _out_of_range(subject: str, param: Param, value: object, position: int | None) -> Problem | None:
    items = value if isinstance(value, list | tuple) else (value,)
    numbers = [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]
    for number in numbers:
        limit = _limit(param, number)
        if limit is None:
            continue
        if items is value:
            message = f"each item of {subject} must be {limit}, but one is {flow(number)}"
        else:
            message = f"{subject} must be {limit}, but is {flow(number)}"
        return Problem("NS205", message, param.name, position)
    return None


def _limit(param: Param, number: float) -> str | None:
    """The limit that the number breaks; one that is not a number breaks every limit."""
    if param.minimum is not None and not number >= param.minimum:
        return f"at least {flow(param.minimum)}"
    if param.exclusive_minimum is not None and not number > param.exclusive_minimum:
        return f"greater than {flow(param.exclusive_minimum)}"
    if param.maximum is not None and not number <= param.maximum:
        return f"at most {flow(param.maximum)}"
    return None


def phrase(types: Iterable[str]) -> str:
    """Type words in English: `an integer or a list of 2 integers`."""
    found = list(dict.fromkeys(_phrase(word) for word in types if word != "none"))
    if "a number" in found and "an integer" in found:
        found.remove("an integer")
    return either(found) or "nothing"


def _phrase(word: str) -> str:
    sized = _SIZED.fullmatch(word)
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
    return str(value)
