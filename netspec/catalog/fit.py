"""Does a value fit a parameter? Types, choices and ranges, and how messages name them.

A value is plain Python (None, bool, int, float, str, list, tuple, dict) or `Typed`, a value of which
only the kind is known yet.

>>> misfit("Dropout2d", Param("p", ("float",), 0.5, maximum=1), 1.5).message
'`p` of `Dropout2d` must be at most 1, but is 1.5'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.catalog.model import Param, Typed
from netspec.catalog.wording import SIZED, either, flow, number, phrase, shown
from netspec.diagnostics import similar

_DTYPES = (
    "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool float double half long int short"
    " complex64 complex128 complex32 cfloat cdouble chalf uint16 uint32 uint64"
    " float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu"
)
DTYPES = tuple(_DTYPES.split())
_MOST_CHOICES = 12
# What YAML 1.1 reads as booleans, and YAML 1.2 as texts.
_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

_SAMPLES = {"int": "32", "float": "0.5", "number": "0.5"}
_ITEMS = {"ints": "int", "floats": "float", "strs": "str", "tensors": "tensor"}
# Kinds that fit more words than their own.
_WIDER = {
    "int": ("float", "number"),
    "float": ("number",),
    "ints": ("floats",),
    "module": ("callable",),
    "op": ("module", "class", "callable"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the arguments of an op.

    `argument`: the parameter, or the keyword as it is written, that it concerns. `position`: its index
    among the positional arguments, where it came so. `replacement`: the text to put in place of the
    keyword (NS202) or of the value (all others). `together`: the parameter that takes all positional
    arguments as one list, which makes them right (NS207).
    """

    code: str
    message: str
    argument: str | None = None
    position: int | None = None
    help: str | None = None
    replacement: str | None = None
    together: str | None = None


def misfit(
    op: str, param: Param, value: object, position: int | None = None, *, spread: bool = False
) -> Problem | None:
    """What is wrong with `value` as the argument `param` of `op`, or None.

    `spread`: its items are positional arguments of their own, from `position` on.
    """
    subject = f"`{param.name}` of `{op}`"
    item = _faulty_item(param, value, spread=spread)
    if item is not None and isinstance(value, list | tuple):
        return _wrong_item(subject, param, value, item, position, spread=spread)
    if not any(fits(word, value) for word in param.types):
        return _wrong_type(subject, param, value, position)
    if not _chosen(param, value):
        return _bad_choice(subject, param, value, param.choices, position)
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
        case "module" | "class" | "callable":
            return isinstance(value, str) or (isinstance(value, dict) and len(value) == 1)
    return False


def _typed_fits(word: str, kind: str) -> bool:
    if kind in ("any", word) or word in _WIDER.get(kind, ()):
        return True
    sized = SIZED.fullmatch(word)
    return kind == word.removesuffix("?") or (sized is not None and kind == sized[1] + "s")


def _items_fit(word: str, values: list[object] | tuple[object, ...]) -> bool:
    sized = SIZED.fullmatch(word)
    if sized is not None and len(values) != int(sized[2]):
        return False
    return all(_item_fits(word, value) for value in values)


def _item_fits(word: str, value: object) -> bool:
    item = _item_word(word)
    return (item is not None and fits(item, value)) or (value is None and word.endswith("?"))


def _item_word(word: str) -> str | None:
    """The type word of a list's items: `int` for `ints`, `ints?` and `int[2]`."""
    sized = SIZED.fullmatch(word)
    return sized[1] if sized is not None else _ITEMS.get(word.removesuffix("?"))


def _chosen(param: Param, value: object) -> bool:
    """Choices bind values of their own type only: `padding` is a number, or one of two words."""
    alike = [choice for choice in param.choices if type(choice) is type(value)]
    return not alike or value in alike or "callable" in param.types


def _wrong_type(subject: str, param: Param, value: object, position: int | None) -> Problem:
    if isinstance(value, str) and "dtype" in param.types:
        return _bad_choice(subject, param, value, DTYPES, position)
    help, replacement = _remedy(param, value)
    message = f"{subject} must be {_expected(param)}, but is {shown(value)}"
    return Problem("NS204", message, param.name, position, help, replacement)


def _faulty_item(param: Param, value: object, *, spread: bool) -> int | None:
    """Which item alone keeps a list from fitting, where one does; not where its length is wrong."""
    if not isinstance(value, list | tuple) or any(fits(word, value) for word in param.types):
        return None
    lists = [word for word in param.types if _item_word(word) is not None]
    if len(lists) != 1 or (len(value) == 1 and not spread):
        return None
    sized = SIZED.fullmatch(lists[0])
    if sized is not None and len(value) != int(sized[2]):
        return None
    faulty = [index for index, item in enumerate(value) if not _item_fits(lists[0], item)]
    return faulty[0] if len(faulty) == 1 else None


def _wrong_item(
    subject: str, param: Param, values: Sequence[object], item: int, position: int | None, *, spread: bool
) -> Problem:
    value = values[item]
    word = next(found for found in map(_item_word, param.types) if found is not None)
    message = f"each item of {subject} must be {phrase((word,))}, but one is {shown(value)}"
    help, replacement = _remedy(Param(param.name, (word,)), value)
    if not spread:
        return Problem("NS204", message, param.name, position, help)
    message = f"{subject} must be {phrase((word,))}, but is {shown(value)}" if len(values) == 1 else message
    place = None if position is None else position + item
    return Problem("NS204", message, param.name, place, help, replacement)


def _remedy(param: Param, value: object) -> tuple[str, str | None]:
    """Help, and a replacement where the value only needs to be written otherwise."""
    if value == "auto":
        # Unquoted, it is the word of the language.
        return "remove the quotes: `auto`", "auto"
    if isinstance(value, str):
        for reading in (number(value), {"true": True, "false": False}.get(value.lower())):
            if reading is not None and any(fits(word, reading) for word in param.types):
                if "_" in value:
                    return f"write `{flow(reading)}`", flow(reading)
                return f"remove the quotes: `{value.strip()}`", value.strip()
        if "bool" in param.types and value.lower() in _SWITCHES:
            return f"write `{_SWITCHES[value.lower()]}`", _SWITCHES[value.lower()]
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
    return _what_fits(param), None


def _what_fits(param: Param) -> str:
    if {"tensor", "tensors"} & set(param.types):
        return f"name the value for `{param.name}` in `from`"
    words = [word for word in param.types if word != "none"]
    sample = _SAMPLES.get(words[0]) if len(words) == 1 and not param.choices else None
    return f"write {_expected(param)}" + (f", such as `{sample}`" if sample else "")


def _bad_choice(
    subject: str, param: Param, value: object, choices: Sequence[object], position: int | None
) -> Problem:
    near = similar(value, map(str, choices)) if isinstance(value, str) else ()
    known = [f"`{choice}`" for choice in choices[:_MOST_CHOICES]]
    help = f"a similar one exists: `{near[0]}`" if near else f"write {either(known)}"
    message = f"{subject} must be {_expected(param)}, but is {shown(value)}"
    return Problem("NS206", message, param.name, position, help, near[0] if near else None)


def _expected(param: Param) -> str:
    """What fits a parameter, its choices in place of the type that they belong to."""
    if not param.choices:
        return phrase(param.types)
    word = "str" if isinstance(param.choices[0], str) else "int"
    others = [phrase((other,)) for other in param.types if other not in ("none", word)]
    return either([*others, *(f"`{choice}`" for choice in param.choices)])


def _out_of_range(subject: str, param: Param, value: object, position: int | None) -> Problem | None:
    items = value if isinstance(value, list | tuple) else (value,)
    numbers = [item for item in items if isinstance(item, int | float) and not isinstance(item, bool)]
    for each in numbers:
        limit = _limit(param, each)
        if limit is None:
            continue
        if items is value:
            message = f"each item of {subject} must be {limit}, but one is {flow(each)}"
        else:
            message = f"{subject} must be {limit}, but is {flow(each)}"
        return Problem("NS205", message, param.name, position, _within(param, each))
    return None


def _within(param: Param, value: float) -> str:
    """What to write in place of a number outside its range."""
    kind = "an integer" if isinstance(value, int) and "float" not in param.types else "a number"
    if _is_too_long(value):
        return f"write {kind} below 2 ** 63"
    limits = []
    if param.minimum is not None:
        limits.append(f"of at least {flow(param.minimum)}")
    if param.exclusive_minimum is not None:
        limits.append(f"greater than {flow(param.exclusive_minimum)}")
    if param.maximum is not None:
        limits.append(f"{'' if limits else 'of '}at most {flow(param.maximum)}")
    return f"write {kind} {' and '.join(limits)}"


def _limit(param: Param, value: float) -> str | None:
    """The limit that the number breaks; one that is not a number breaks every limit."""
    if param.minimum is not None and not value >= param.minimum:
        return f"at least {flow(param.minimum)}"
    if param.exclusive_minimum is not None and not value > param.exclusive_minimum:
        return f"greater than {flow(param.exclusive_minimum)}"
    if param.maximum is not None and not value <= param.maximum:
        return f"at most {flow(param.maximum)}"
    return "less than 2 ** 63 in magnitude" if _is_too_long(value) else None


def _is_too_long(value: float) -> bool:
    """PyTorch keeps integers in 64 bits."""
    return isinstance(value, int) and not -(2**63) <= value < 2**63
