"""How values, expressions and imported names are spelled in one generated class.

Collects which imports the text needs. Where the class, an argument of it or of its forward bears
the name of an import (`F`), the import takes an underscore.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.codegen.layout import call_text
from netspec.resolve.expressions import calls_math, to_python
from netspec.resolve.inputs import DTYPES
from netspec.resolve.program import (
    Argument,
    AutoArgument,
    Constant,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    ListArgument,
)

IMPORTS = {
    "math": "import math",
    "OrderedDict": "from collections import OrderedDict",
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
}


@dataclass(slots=True)
class Spelling:
    """`taken`: names that the class and its arguments bear. `names`: how `$` names are spelled here
    (`width` in `__init__`, `self.width` in forward)."""

    taken: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def imported(self, name: str) -> str:
        """The spelling of an imported name, which is thereby imported."""
        self.used.add(name)
        return self.alias(name)

    def alias(self, name: str) -> str:
        """What an import is called in this text, whether it is used or not."""
        return free(name, self.taken)

    def with_names(self, names: Mapping[str, str]) -> Spelling:
        """The same imports, with other `$` names."""
        return Spelling(self.taken, names, self.used)

    def op(self, source: str) -> str:
        """`nn.Conv2d` or `torch.flatten`, under the name that its import has here."""
        first, _, rest = source.partition(".")
        return f"{self.imported(first)}.{rest}"

    def argument(self, argument: Argument, *, dtype: bool = False, auto: str = "") -> str:
        """An argument as Python; `dtype` where the parameter takes one, `auto` what that stands for."""
        match argument:
            case Constant(value=str(text)) if dtype and text in DTYPES:
                return f"{self.imported('torch')}.{text}"
            case Constant(value=value):
                return literal(value)
            case ListArgument(items=items):
                return tuple_text([self.argument(item) for item in items])
            case DictArgument(items=pairs):
                return call_text("", [f"{literal(k)}: {self.argument(v)}" for k, v in pairs], brackets="{}")
            case AutoArgument():
                return auto
            case Formula():
                return self.formula(argument)
            case Interpolated(parts=parts):
                return self._interpolated(parts)
            case FaultyArgument():
                raise AssertionError("a spec with errors has no source")

    def formula(self, formula: Formula) -> str:
        if calls_math(formula.expression):
            return to_python(formula.expression, self.names, math=self.imported("math"))
        return to_python(formula.expression, self.names)

    def _interpolated(self, parts: Iterable[str | Formula]) -> str:
        spelled = [(part, "" if isinstance(part, str) else self.formula(part)) for part in parts]
        # Python before 3.12 takes neither its own quotes nor a backslash inside an f-string's braces.
        if any(mark in code for _, code in spelled for mark in "\"'\\{}"):
            terms = [literal(part) if isinstance(part, str) else f"str({code})" for part, code in spelled]
            return " + ".join(terms)
        texts = [
            literal(part)[1:-1].replace("{", "{{").replace("}", "}}")
            if isinstance(part, str)
            else f"{{{code}}}"
            for part, code in spelled
        ]
        return f'f"{"".join(texts)}"'

    def import_lines(self) -> list[str]:
        """Standard library first, then torch, as formatters order them."""
        lines = []
        for name, line in IMPORTS.items():
            if name not in self.used:
                continue
            alias = self.alias(name)
            if alias != name:
                line = f"{line.removesuffix(f' as {name}')} as {alias}"
            lines.append(line)
        standard = [line for line in lines if "torch" not in line]
        torch = [line for line in lines if "torch" in line]
        return [*standard, *([""] if standard and torch else []), *torch]


def literal(value: Any) -> str:
    """A literal of the spec as Python, texts in double quotes."""
    match value:
        case str():
            return printable(json.dumps(value, ensure_ascii=False))
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case list() | tuple():
            return f"[{', '.join(literal(item) for item in value)}]"
        case dict():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return repr(value)


def printable(text: str) -> str:
    """Source text with escapes for what no editor shows: control characters, line separators, marks
    that turn the reading direction round."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def free(name: str, taken: Container[str]) -> str:
    """The name, with as many underscores behind it as make it differ from all that are taken."""
    while name in taken:
        name += "_"
    return name


def tuple_text(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
