"""Signs and spaces that got lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.mutation.change import Change, Edit, change
from benchmarks.mutation.original import Original


def _signs(original: Original, signs: str) -> Iterator[int]:
    """Offsets of signs outside of comments and docs."""
    for start, end in original.lines:
        line = original.text[start:end].partition(" #")[0]
        if not line.lstrip().startswith(("#", "doc:")) and "doc:" not in line:
            yield from (start + index for index, char in enumerate(line) if char in signs)


def bracket_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, "[]{}"):
        yield change(offset, offset + 1, "")


def bracket_of_another_kind(original: Original) -> Iterator[Change]:
    for offset in _signs(original, "[]{}"):
        yield change(offset, offset + 1, "{}[]"["[]{}".index(original.text[offset])])


def bracket_too_many(original: Original) -> Iterator[Change]:
    for offset in _signs(original, "]}"):
        yield change(offset, offset, original.text[offset])


def round_bracket_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, "()"):
        yield change(offset, offset + 1, "")


def quote_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, '"'):
        yield change(offset, offset + 1, "")


def quotes_lost(original: Original) -> Iterator[Change]:
    for found in re.finditer(r'"\$\([^"\n]*\)"', original.text):
        yield Edit(found.start(), found.start() + 1, ""), Edit(found.end() - 1, found.end(), "")


def comma_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, ","):
        yield change(offset, offset + 1, "")


def colon_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, ":"):
        yield change(offset, offset + 1, "")


def space_behind_colon_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, ":"):
        if original.text[offset + 1] == " ":
            yield change(offset + 1, offset + 2, "")


def dash_lost(original: Original) -> Iterator[Change]:
    for start, end in original.lines:
        line = original.text[start:end]
        if line.lstrip().startswith("- "):
            at = start + line.index("- ")
            yield change(at, at + 2, "")


def space_behind_dash_lost(original: Original) -> Iterator[Change]:
    for start, end in original.lines:
        line = original.text[start:end]
        if line.lstrip().startswith("- "):
            at = start + line.index("- ") + 1
            yield change(at, at + 1, "")


def dollar_lost(original: Original) -> Iterator[Change]:
    for offset in _signs(original, "$"):
        yield change(offset, offset + 1, "")


def _indented(original: Original) -> Iterator[tuple[int, int]]:
    for start, end in original.lines:
        line = original.text[start:end]
        if line.startswith("  ") and not line.lstrip().startswith("#"):
            yield start, end


def indent_one_more(original: Original) -> Iterator[Change]:
    for start, _ in _indented(original):
        yield change(start, start, " ")


def indent_one_less(original: Original) -> Iterator[Change]:
    for start, _ in _indented(original):
        yield change(start, start + 1, "")


def indent_two_less(original: Original) -> Iterator[Change]:
    for start, _ in _indented(original):
        yield change(start, start + 2, "")


def indent_two_more(original: Original) -> Iterator[Change]:
    for start, _ in _indented(original):
        yield change(start, start, "  ")


def tab_for_spaces(original: Original) -> Iterator[Change]:
    for start, _ in _indented(original):
        yield change(start, start + 2, "\t")


def line_twice(original: Original) -> Iterator[Change]:
    """A key of a block mapping stands twice."""
    for part in original.select("key"):
        if not part.flow and len(part.path) > 1:
            start, end = original.lines[original.line_of(part.start) - 1]
            line = original.text[start:end]
            if line.lstrip().startswith(original.of(part)) and line.count("{") == line.count("}"):
                if line.count("[") == line.count("]") and not line.endswith(":"):
                    yield change(end + 1, end + 1, f"{line}\n")


def version_changed(original: Original) -> Iterator[Change]:
    for text in ("netspec: 2", 'netspec: "1"', "netspec: one", "netspec:", "version: 1"):
        yield change(0, len("netspec: 1"), text)


def class_name_changed(original: Original) -> Iterator[Change]:
    found = re.search(r"^name: (\w+)", original.text, re.MULTILINE)
    if found:
        for text in (f"1{found[1]}", f"My {found[1]}", "class", "[Net]", ""):
            yield change(*found.span(1), text)
