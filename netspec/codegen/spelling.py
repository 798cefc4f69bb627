"""How values, expressions and imported names are spelled in one generated class.

Collects which imports the text needs. Where the class, an argument of it or of its forward bears
the name of an import (`F`), the import takes an underscore.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.catalog.load import Catalog
from netspec.catalog.registered import import_line
from netspec.codegen.layout import call_text
from netspec.diagnostics import Span
from netspec.document.words import is_identifier
from netspec.resolve.expression_source import calls_math, to_python
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
    Slice,
    Subscript,
    TensorIndex,
    ValueInfo,
)

IMPORTS = {
    "functools": "import functools",
    "math": "import math",
    "re": "import re",
    "Sequence": "from collections.abc import Sequence",
    "OrderedDict": "from collections import OrderedDict",
    "namedtuple": "from collections import namedtuple",
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "ops": "from torchvision import ops",
}


@dataclass(slots=True)
class Spelling:
    """`taken`: names that the classes and their arguments bear. `names`: how `$` names are spelled
    here (`width` in `__init__`, `self.width` in forward); `lists` are those that stand for lists. `comments`
    has what to say of values, behind the lines that make them.
    `catalog` knows the ops, blocks too; `solved` has the sizes for each `auto`, `used` the imports
    that the text needs so far."""

    taken: frozenset[str]
    catalog: Catalog
    solved: Mapping[Span, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)
    comments: Mapping[ValueInfo, str] = field(default_factory=dict)

    def imported(self, name: str) -> str:
        """The spelling of an imported name, which is thereby imported."""
        self.used.add(name)
        return self.alias(name)

    def alias(self, name: str) -> str:
        """What an import is called in this text, whether it is used or not."""
        return free(name, self.taken)

    def with_names(self, names: Mapping[str, str]) -> Spelling:
        """The same imports, with other `$` names."""
        return replace(self, names=names)

    def op(self, source: str) -> str:
        """`nn.Conv2d` or `torch.flatten`, under the name that its import has here; a block by its name, and
        what an application has registered by its own."""
        if ":" in source:
            self.used.add(source)
            return self.alias(source.partition(":")[2])
        first, dot, rest = source.partition(".")
        return f"{self.imported(first)}.{rest}" if dot else source

    def argument(self, argument: Argument, *, dtype: bool = False) -> str:
        """An argument as Python; `dtype` where the parameter takes one."""
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
                return size_text(self.solved[argument.span])
            case Formula():
                return self.formula(argument)
            case Subscript(items=items):
                return f"[{', '.join(map(self.subscript_item, items))}]"
            case Interpolated(parts=parts):
                return self._interpolated(parts)
            case FaultyArgument():
                raise AssertionError("a spec with errors has no source")

    def subscript_item(self, item: Argument | Slice | TensorIndex) -> str:
        match item:
            case TensorIndex():
                raise AssertionError("a tensor is an operand of the call")
            case Slice(start=start, stop=stop, step=step):
                first, last = ("" if b is None else self.argument(b) for b in (start, stop))
                return f"{first}:{last}" if step is None else f"{first}:{last}:{self.argument(step)}"
            case Constant(value="..."):
                return "..."
        return self.argument(item)

    def text(self, template: Interpolated | Formula) -> str:
        """A name with expressions, as a Python text."""
        return f"str({self.formula(template)})" if isinstance(template, Formula) else self.argument(template)

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
        applications = [self._application_line(each) for each in sorted(self.used) if ":" in each]
        standard = [line for line in lines if "torch" not in line]
        torch = [line for line in lines if "torch" in line]
        groups = [group for group in (standard, torch, applications) if group]
        return [line for index, group in enumerate(groups) for line in ([""] if index else []) + group]

    def _application_line(self, source: str) -> str:
        """The import of an op that an application has registered."""
        name = source.partition(":")[2]
        alias = self.alias(name)
        return import_line(source) + (f" as {alias}" if alias != name else "")


def size_text(size: Any) -> str:
    """What stands for `auto`: a number or a formula over params, or a tuple of them."""
    if isinstance(size, tuple):
        return tuple_text([size_text(item) for item in size])
    # Formulas of dimensions print without spaces.
    return ast.unparse(ast.parse(str(size), mode="eval"))


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


def attribute(name: str) -> str:
    """A name that stands in the source as it is. Resolving has checked it; that no text of a spec can
    become code must not hang on one check."""
    if not is_identifier(name):
        raise AssertionError(f"{name!r} is no name")
    return name


def free(name: str, taken: Container[str]) -> str:
    """The name, with as many underscores behind it as make it differ from all that are taken."""
    while name in taken:
        name += "_"
    return name


def tuple_text(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
