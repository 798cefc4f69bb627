"""Plain lists and mappings -> YAML, one line where it fits."""

from __future__ import annotations

import json
import re
from typing import Any

from netspec.importer.plain import NOTHING, Plain
from netspec.syntax.scalars import plain_value

WIDTH = 110
_SAFE = re.compile(r"[A-Za-z_$./+-][\w$./()*+ =<>%-]*")


def block_text(key: str, plain: Plain, indent: int = 0) -> list[str]:
    """The lines of `key: value`."""
    space = " " * indent
    if plain is NOTHING:
        return [f"{space}{scalar(key)}:"]
    flat = f"{space}{scalar(key)}: {flow(plain)}"
    if len(flat) <= WIDTH and not _wants_lines(key, plain):
        return [flat]
    return [f"{space}{scalar(key)}:", *_lines(plain, indent + 2)]


def _wants_lines(key: str, plain: Plain) -> bool:
    """Whether the value stands on lines of its own however short it is."""
    if key in ("forward", "layers", "blocks", "inputs", "parameters", "buffers", "sequential", "steps"):
        return bool(plain)
    if isinstance(plain, list) and sum(isinstance(each, dict) for each in plain) > 1:
        return True
    return (
        isinstance(plain, dict)
        and len(plain) == 1
        and next(iter(plain)) in ("Sequential", "ModuleList", "ModuleDict")
        and bool(next(iter(plain.values())))
    )


def _lines(plain: Plain, indent: int) -> list[str]:
    space = " " * indent
    if isinstance(plain, dict):
        return [line for key, each in plain.items() for line in block_text(key, each, indent)]
    if isinstance(plain, list):
        found: list[str] = []
        for each in plain:
            flat = f"{space}- {flow(each)}"
            if (
                len(flat) <= WIDTH
                and not (isinstance(each, dict) and len(each) == 1 and _wants_lines("", each))
                and not (isinstance(each, dict) and "steps" in each)
            ):
                found.append(flat)
            else:
                inner = _lines(each, indent + 2)
                found += [f"{space}- {inner[0].lstrip()}", *inner[1:]]
        return found
    return [f"{space}{scalar(plain)}"]


def flow(plain: Plain) -> str:
    match plain:
        case dict():
            pairs = [
                scalar(key)
                if each is NOTHING and len(plain) > 1 and _may_stand_alone(key)
                else f"{scalar(key)}: {'' if each is NOTHING else flow(each)}".rstrip()
                if each is not NOTHING
                else f"{scalar(key)}: "
                for key, each in plain.items()
            ]
            return "{" + ", ".join(pairs) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, plain)) + "]"
    return scalar(plain)


def _may_stand_alone(key: Any) -> bool:
    return isinstance(key, str) and re.fullmatch(r"[A-Za-z_][\w.]*", key) is not None


def scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
    text = str(value)
    safe = _SAFE.fullmatch(text) is not None and text == text.strip() and isinstance(plain_value(text), str)
    if safe and not re.search(r"^[-?:] |[:#,\[\]{}]", text) and text not in ("-", "..."):
        return text
    if text == "...":
        return text
    return json.dumps(text, ensure_ascii=False)


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
