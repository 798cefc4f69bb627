"""Docstrings -> the first sentence of an op, and one sentence for each parameter, free of markup."""

from __future__ import annotations

import inspect
import re

_ROLE = re.compile(r":[\w:]+:`~?([^`<]*?)(?:\s*<[^`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`]*>`__?")
_QUOTES = re.compile(r"`{1,2}")
_HEADING = re.compile(r"^(Args|Arguments|Parameters|Keyword args|Keyword Arguments):\s*$", re.IGNORECASE)
_PARAM = re.compile(r"^(\s+)(?:\*{1,2}|\\\*)?(\w+)\s*(?:\(.*?\)+(?:\s*,\s*\w+\))?)?\s*:(?!:)\s*(.*)$")
_SENTENCE = re.compile(r"^(.*?[^.\s]\.)(?=\s|$)(?<!e\.g\.)(?<!i\.e\.)")
# Formulas as plain text: what stands in docstrings, not all of TeX.
_FORMULAS = (
    (r"\\(?:text|mathbb|mathbin|mathcal|texttt|operatorname|mathrm)\{([^{}]*)\}", r"\1"),
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1) / (\2)"),
    (r"\\(?:left|right)?lfloor|\\(?:left|right)?rfloor|\\(?:left|right)?lceil|\\(?:left|right)?rceil", ""),
    (r"\\left|\\right(?!arrow)", ""),
    (r"\\times", "x"),
    (r"\\(?:geq?|geqslant)\b", ">="),
    (r"\\(?:leq?|leqslant)\b", "<="),
    (r"\\neq?\b", "!="),
    (r"\\(?:dots|ldots|cdots)", "..."),
    (r"\\rightarrow", "->"),
    (r":math:", ""),
    (r"_\{(\w+)\}", r"_\1"),
)
_LONGEST = 140


def summary(doc: str | None, name: str) -> str:
    """The first sentence of a docstring that is not a signature or a directive."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(doc or "")):
        lines = [line for line in paragraph.splitlines() if not line.lstrip().startswith((name + "(", ".. "))]
        text = clean(" ".join(lines))
        if text and not text.startswith(("See ", "Alias ")):
            return shorten(text)
    return shorten(clean(inspect.cleandoc(doc or "").split("\n\n")[-1])) if doc else ""


def params(doc: str | None) -> dict[str, str]:
    """Parameter names and their sentences, from the `Args:` sections of a docstring."""
    found: dict[str, list[str]] = {}
    inside, depth = False, 0
    current: list[str] = []
    for line in inspect.cleandoc(doc or "").splitlines():
        if _HEADING.match(line):
            inside, depth = True, 0
        elif line and not line[0].isspace():
            inside = False
        elif inside and (match := _PARAM.match(line)) and (depth in (0, len(match[1]))):
            depth = len(match[1])
            current = found.setdefault(match[2], [match[3]])
        elif inside and current:
            current.append(line.strip())
    return {name: text for name, lines in found.items() if (text := shorten(clean(" ".join(lines))))}


def clean(text: str) -> str:
    """Without reStructuredText markup, on one line."""
    text = _LINK.sub(r"\1", _ROLE.sub(r"\1", text.split(".. math::")[0]))
    for pattern, plain in _FORMULAS:
        text = re.sub(pattern, plain, text)
    text = _QUOTES.sub("", text).replace("\\", "").replace("**", "")
    return " ".join(text.split())


def shorten(text: str) -> str:
    """The first sentence, or its beginning where it is long."""
    match = _SENTENCE.match(text)
    sentence = match[1] if match else text
    if len(sentence) <= _LONGEST:
        return sentence
    return sentence[:_LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " ..."
