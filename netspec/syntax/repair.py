"""Small edits that may mend a text: a sign that got lost, or a line that has moved.

`candidates(source, line)` proposes them for one line, the likeliest first; whoever calls tries them and
keeps one that leaves no error. Nothing here decides whether a text is right.

>>> source = Source("a.yaml", "layers:\\n  fc: {Linear: [8, 4}\\n")
>>> next(candidates(source, 2)).edit.text
']'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netspec.diagnostics import Edit, Source, Span

_CLOSING = {"[": "]", "{": "}", "(": ")"}
_WORD_THEN_VALUE = re.compile(r"([A-Za-z_]\w*) (?=[\[{$\"'\w-])")


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit, what is wrong without it, and what it does; `of_a_word`: it changes what a finding marks."""

    edit: Edit
    message: str
    help: str
    of_a_word: bool = False


def candidates(source: Source, line: int) -> Iterator[Repair]:
    """Edits of one line (from 1): brackets, quotation marks, colons, dashes, commas, indentation."""
    start = source.line_starts[line - 1]
    text = source.line(line)
    yield from _brackets(source, start, text)
    yield from _quotes(source, start, text)
    yield from _indentation(source, line, text)
    yield from _dash(source, line, text)
    yield from _colons(source, start, text)
    yield from _commas(source, start, text)


def repaired(source: Source, repair: Repair) -> Source:
    """The source with the edit."""
    span = repair.edit.span
    return Source(source.path, source.text[: span.start] + repair.edit.text + source.text[span.end :])


def _insert(source: Source, offset: int, text: str) -> Repair:
    sign = text.strip()
    edit = Edit(Span(source, offset, offset), text)
    return Repair(edit, f"a `{sign}` is missing here", f"add `{sign}`")


def _remove(source: Source, offset: int) -> Repair:
    span = Span(source, offset, offset + 1)
    return Repair(Edit(span, ""), f"this `{span.text}` is one too many", f"take `{span.text}` away")


def _replace(source: Source, offset: int, text: str) -> Repair:
    span = Span(source, offset, offset + 1)
    return Repair(Edit(span, text), f"`{span.text}` stands here in place of `{text}`", f"write `{text}`")


def _brackets(source: Source, start: int, text: str) -> Iterator[Repair]:
    """Where the brackets of a line do not match: one to add, to replace, or to take away."""
    if text.lstrip().startswith("#"):
        return
    unclosed: list[tuple[int, str]] = []
    for index, char in enumerate(text):
        if char in _CLOSING:
            unclosed.append((index, char))
        elif char in _CLOSING.values():
            if unclosed and _CLOSING[unclosed[-1][1]] == char:
                unclosed.pop()
                continue
            if unclosed:
                yield from _mismatched(source, start, text, index, unclosed[-1])
            else:
                yield from _unopened(source, start, text, index)
            return
    if unclosed:
        index, char = unclosed[-1]
        ends = [each for each in range(len(text), index, -1) if each == len(text) or text[each] in ',]})"']
        yield from (_insert(source, start + end, _CLOSING[char]) for end in ends)
        yield _remove(source, start + index)


def _mismatched(
    source: Source, start: int, text: str, index: int, opened: tuple[int, str]
) -> Iterator[Repair]:
    place, char = opened
    wanted = _CLOSING[char]
    yield _insert(source, start + index, wanted)
    yield _replace(source, start + index, wanted)
    opener = next(each for each, close in _CLOSING.items() if close == text[index])
    yield _replace(source, start + place, opener)
    for end in range(index - 1, place, -1):
        if text[end] in ',"':
            yield _insert(source, start + end, wanted)
    yield _remove(source, start + index)
    for begin in range(index - 1, place, -1):
        if text[begin] in " [{($" and text[begin + 1] not in " :":
            yield _insert(source, start + begin + 1, opener)


def _unopened(source: Source, start: int, text: str, index: int) -> Iterator[Repair]:
    yield _remove(source, start + index)
    opener = next(each for each, close in _CLOSING.items() if close == text[index])
    for begin in range(index):
        if text[begin] in " [{($" and text[begin + 1] not in " -":
            yield _insert(source, start + begin + 1, opener)


def _quotes(source: Source, start: int, text: str) -> Iterator[Repair]:
    """Where a line has an odd number of quotation marks."""
    if text.count('"') % 2 == 0:
        return
    for found in re.finditer(r"\$\([^\"]*\)(?=\")", text):
        if text[found.start() - 1] != '"':
            yield _insert(source, start + found.start(), '"')
    for found in re.finditer(r"\"\$\(", text):
        ends = (end for end in range(found.end(), len(text) + 1) if text[end - 1] == ")")
        yield from (_insert(source, start + end, '"') for end in ends if text[end : end + 1] != '"')
    yield _insert(source, start + len(text), '"')


def _indentation(source: Source, line: int, text: str) -> Iterator[Repair]:
    """The indentation of the lines around, and one level more or less."""
    own = _indent(text)
    if not text.strip():
        return
    around = [_indent(each) for each in _neighbours(source, line)]
    widths = dict.fromkeys(
        [*around, *(width + 2 for width in around), *(width - 2 for width in around if width > 1)]
    )
    span = Span(source, source.line_starts[line - 1], source.line_starts[line - 1] + own)
    for width in widths:
        if width != own:
            edit = Edit(span, " " * width)
            yield Repair(edit, "this line is not indented like its neighbours", f"indent it by {width}")


def _neighbours(source: Source, line: int) -> list[str]:
    """The nearest line with text above and below."""
    last = len(source.line_starts)
    above = (source.line(each) for each in range(line - 1, 0, -1))
    below = (source.line(each) for each in range(line + 1, last + 1))
    found = [next((each for each in lines if each.strip()), "") for lines in (above, below)]
    return [each for each in found if each]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _dash(source: Source, line: int, text: str) -> Iterator[Repair]:
    """A `- ` that lines beside this one have, or the space behind it."""
    offset = source.line_starts[line - 1] + _indent(text)
    if re.match(r" *-\S", text):
        yield Repair(
            Edit(Span(source, offset + 1, offset + 1), " "), "a space is missing behind `-`", "write `- `"
        )
    elif text.strip() and any(each.lstrip().startswith("- ") for each in _neighbours(source, line)):
        yield _insert(source, offset, "- ")


def _colons(source: Source, start: int, text: str) -> Iterator[Repair]:
    if re.fullmatch(r" *(- )?[\w$]+ *", text):
        yield _insert(source, start + len(text.rstrip()), ":")
    for found in _WORD_THEN_VALUE.finditer(text):
        yield _insert(source, start + found.end(1), ":")
    for found in re.finditer(r":(?=[^\s:])", text):
        edit = Edit(Span(source, start + found.end(), start + found.end()), " ")
        yield Repair(edit, "a space is missing behind `:`", "write `: `")


def _commas(source: Source, start: int, text: str) -> Iterator[Repair]:
    for found in re.finditer(r"(?<=[\w)\]}\"]) (?=[\w$\"\[{-])", text):
        yield _insert(source, start + found.start(), ",")
