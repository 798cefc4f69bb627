"""Comments that silence warnings: `# netspec: ignore[NS501] why`.

An ignore holds for the findings that start on its line, or, on a line of its own, on the first line
below its block of comments. It silences warnings and infos, never errors. One that silences nothing
is itself a warning, NS590, with a fix that removes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from netspec.diagnostics.codes import CODES
from netspec.diagnostics.collector import Collector
from netspec.diagnostics.model import Diagnostic, Edit, Fix
from netspec.diagnostics.similar import near
from netspec.diagnostics.source import Source, Span

_COMMENT = re.compile(
    r"#[ \t]*netspec:[ \t]*(?P<word>\w+)[ \t]*(?P<list>\[(?P<codes>[^\]\n]*)(?P<close>\])?)?[^\n]*"
)
_CODE = re.compile(r"[^\s,]+")
_FORM = "write `# netspec: ignore[NS501] why`, with the codes to silence"
_OWN = "NS590"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One code of one ignore comment: `span` is the code, `comment` the whole comment, `line` the
    line (from 1) whose findings it silences."""

    code: str
    span: Span
    comment: Span
    line: int


def suppress(
    diagnostics: Iterable[Diagnostic], source: Source, is_comment: Callable[[int], bool]
) -> tuple[Diagnostic, ...]:
    """The diagnostics that remain, in order, with an NS590 for each ignore that is at fault.

    `is_comment(offset)` says whether the `#` at an offset of the source starts a comment (or stands
    in one); only the reader of the text knows. Findings in other sources pass unchanged. While the
    source has an error, no ignore is called unused: what it silences may not have been looked for.
    """
    found = tuple(diagnostics)
    collector = Collector()
    ignores = _read(source, is_comment, collector)
    kept, unused = _silence(found, source, [ignore for ignore in ignores if ignore.code != _OWN])
    has_errors = any(each.severity == "error" and each.span.source is source for each in found)
    if not has_errors:
        _report_unused(unused, ignores, collector)
    reports, unused = _silence(
        collector.diagnostics, source, [ignore for ignore in ignores if ignore.code == _OWN]
    )
    last = Collector()
    if not has_errors:
        _report_unused(unused, ignores, last)
    return tuple(sorted((*kept, *reports, *last.diagnostics), key=lambda each: each.sort_key))


def unsilenced(
    found: tuple[Diagnostic, ...], source: Source, is_comment: Callable[[int], bool]
) -> tuple[Diagnostic, ...]:
    """The findings that no ignore of their source silences; of the ignores, nothing is reported."""
    return tuple(_silence(found, source, _read(source, is_comment, Collector()))[0])


def _silence(
    found: tuple[Diagnostic, ...], source: Source, ignores: list[Ignore]
) -> tuple[list[Diagnostic], list[Ignore]]:
    """The findings that no ignore silences, and the ignores that silence none."""
    by_place: dict[tuple[int, str], Ignore] = {}
    for ignore in ignores:
        by_place.setdefault((ignore.line, ignore.code), ignore)
    kept: list[Diagnostic] = []
    used: set[Ignore] = set()
    for each in found:
        here = each.severity != "error" and each.span.source is source
        place = (each.span.start_position.line, each.code)
        if here and place in by_place:
            used.add(by_place[place])
        else:
            kept.append(each)
    # Whether one that has to be asked for is there, only those who ask know.
    return kept, [each for each in ignores if each not in used and not CODES[each.code].asked]


def _read(source: Source, is_comment: Callable[[int], bool], collector: Collector) -> list[Ignore]:
    """Every well-formed ignore of a text; what is wrong with the others is reported."""
    ignores: list[Ignore] = []
    for match in _COMMENT.finditer(source.text):
        before = source.text[match.start() - 1 : match.start()]
        starts = before in ("", " ", "\t", "\n", "\r", "#") and is_comment(match.start())
        if starts and (match["word"] == "ignore" or match["list"]):
            ignores.extend(_ignores(match, source, is_comment, collector))
    return ignores


def _ignores(
    match: re.Match[str], source: Source, is_comment: Callable[[int], bool], collector: Collector
) -> Iterator[Ignore]:
    comment = Span(source, match.start(), match.start() + len(match[0].rstrip()))
    word = Span(source, match.start("word"), match.end("word"))
    if match["word"] != "ignore":
        fixes = [Fix("Write `ignore`", (Edit(word, "ignore"),))] if near(match["word"], ["ignore"]) else []
        collector.add(_OWN, f"there is no comment `netspec: {word.text}`", word, help=_FORM, fixes=fixes)
        return
    codes = list(_CODE.finditer(match["codes"] or ""))
    if not codes or not match["close"]:
        reason = "names no code" if not codes else "has no closing `]`"
        collector.add(_OWN, f"this ignore {reason}, so it silences nothing", comment, help=_FORM)
        return
    line = _silenced_line(source, match.start(), is_comment)
    for code in codes:
        start = match.start("codes") + code.start()
        ignore = Ignore(code[0], Span(source, start, start + len(code[0])), comment, line)
        if _is_warning(ignore, collector):
            yield ignore


def _is_warning(ignore: Ignore, collector: Collector) -> bool:
    """Whether the code can be silenced; where not, it is reported."""
    code = CODES.get(ignore.code)
    if code is None:
        best = near(ignore.code, CODES)
        fixes = [Fix(f"Write `{best}`", (Edit(ignore.span, best),), "unsafe")] if best else []
        help = f"a code with a similar name exists: `{best}`" if best else "see docs/diagnostics.md"
        collector.add(_OWN, f"there is no code `{ignore.code}`", ignore.span, help=help, fixes=fixes)
    elif code.severity == "error":
        collector.add(
            _OWN,
            f"{code.code} is an error, and errors cannot be silenced",
            ignore.span,
            help="mend what it reports, and remove the comment",
            fixes=[_removal(ignore, [ignore])],
        )
    return code is not None and code.severity != "error"


def _silenced_line(source: Source, offset: int, is_comment: Callable[[int], bool]) -> int:
    """The comment's own line, or the first below it that is not a comment alone."""
    number = source.position(offset).line
    while number < len(source.line_starts) and _is_only_comment(source, number, is_comment):
        number += 1
    return number


def _is_only_comment(source: Source, number: int, is_comment: Callable[[int], bool]) -> bool:
    line = source.line(number)
    indent = len(line) - len(line.lstrip())
    return line[indent : indent + 1] == "#" and is_comment(source.line_starts[number - 1] + indent)


def _report_unused(unused: list[Ignore], ignores: list[Ignore], collector: Collector) -> None:
    for ignore in unused:
        beside = [other for other in unused if other.comment == ignore.comment]
        whole = len(beside) == sum(other.comment == ignore.comment for other in ignores)
        collector.add(
            _OWN,
            f"this ignore of {ignore.code} silences nothing on line {ignore.line}",
            ignore.span,
            help="remove it, or move it to the line that it is meant for",
            fixes=[_removal(ignore, beside if whole else [ignore])],
        )


def _removal(ignore: Ignore, removed: list[Ignore]) -> Fix:
    """Take out one code, or the whole comment where none of its codes would stay."""
    listed = _CODE.findall(ignore.comment.text[ignore.comment.text.index("[") + 1 :].partition("]")[0])
    if len(removed) >= len(listed):
        return Fix("Remove the comment", (Edit(_with_margin(ignore.comment), ""),))
    text, start, end = ignore.span.source.text, ignore.span.start, ignore.span.end
    after = re.compile(r"[\s,]*").match(text, end)
    if after is not None and text[after.end()] != "]":
        end = after.end()
    else:
        start = len(text[:start].rstrip(" \t,"))
    return Fix(f"Remove `{ignore.code}`", (Edit(Span(ignore.span.source, start, end), ""),))


def _with_margin(comment: Span) -> Span:
    """The comment with the space before it; with its whole line, where it stands alone."""
    text = comment.source.text
    start = len(text[: comment.start].rstrip(" \t"))
    end = text.find("\n", comment.end)
    if start == 0 or text[start - 1] == "\n":
        return Span(comment.source, start, len(text) if end < 0 else end + 1)
    return Span(comment.source, start, comment.end)
