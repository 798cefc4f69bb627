"""The format for people: each diagnostic with the lines it is about, marked.

error[NS402]: `fc1` takes 9217 features but receives 9216
  --> specs/mnist.yaml:14:18
   |
14 |   fc1: {Linear: [9217, 128]}
   |                  ^^^^ in_features
   |
   = help: set in_features to 9216 (64 * 12 * 12), or to `auto`
   = see: netspec explain NS402
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Label, Source, Span
from netspec.report.display import escaped
from netspec.report.paint import Paint, paint_for
from netspec.report.snippet import Mark, snippet
from netspec.report.summary import summary

if TYPE_CHECKING:
    from netspec.report.model import Report

Marks = dict[int, list[Mark]]


def render_full(report: Report, *, color: bool = False) -> str:
    """Every diagnostic, then one line that counts them."""
    paint = paint_for(color)
    parts = [diagnostic_text(found, paint) for found in report.diagnostics]
    return "\n\n".join([*parts, summary(report, paint)])


def advice(diagnostic: Diagnostic) -> str | None:
    """What to do: the help, or else what the fixes would do."""
    if diagnostic.help is not None or not diagnostic.fixes:
        return diagnostic.help
    return ", or ".join(fix.title[:1].lower() + fix.title[1:] for fix in diagnostic.fixes)


def diagnostic_text(found: Diagnostic, paint: Paint) -> str:
    """One diagnostic as lines, nothing in them that would steer a terminal."""
    blocks = _blocks(found)
    width = max(len(str(line)) for _, _, marks in blocks for line in marks)
    head = paint(found.severity, f"{found.severity}[{found.code}]")
    lines = [head + paint("strong", f": {escaped(found.message)}")]
    edge = " " * (width + 1)
    for arrow, span, marks in blocks:
        if len(lines) > 1:
            lines.append(edge + paint("gutter", "|"))
        line, column = span.start_position
        place = f"{escaped(span.source.path)}:{line}:{column}"
        lines.append(" " * width + paint("gutter", arrow) + f" {place}")
        lines.extend(_block(span.source, marks, width, paint))
    lines.append(edge + paint("gutter", "|"))
    for word, text in _remarks(found):
        first, *rest = (escaped(line) for line in text.splitlines() or [""])
        lines.append(f"{edge}{paint('gutter', '=')} {paint('strong', f'{word}:')} {first}".rstrip())
        lines.extend((" " * (len(edge) + len(word) + 4) + line).rstrip() for line in rest)
    return "\n".join(lines)


def _remarks(found: Diagnostic) -> list[tuple[str, str]]:
    remarks = [("value", f"{name} is {text}") for name, text in found.values]
    remarks += [("note", note) for note in found.notes]
    help = advice(found)
    if help is not None:
        remarks.append(("help", help))
    return [*remarks, ("see", f"netspec explain {found.code}")]


def _blocks(found: Diagnostic) -> list[tuple[str, Span, Marks]]:
    """For each source: the arrow before its place, the place, and the marks by line."""
    primary = Label(found.span, found.span_text)
    blocks: list[tuple[str, Span, Marks]] = []
    for label in (primary, *found.labels):
        known = next((marks for _, span, marks in blocks if span.source is label.span.source), None)
        if known is None:
            known = {}
            blocks.append(("-->" if label is primary else ":::", label.span, known))
        mark = _mark(label, found if label is primary else None)
        known.setdefault(label.span.start_position.line, []).append(mark)
    return blocks


def _mark(label: Label, primary: Diagnostic | None) -> Mark:
    """A span as columns of its first line."""
    start, end = label.span.start_position, label.span.end_position
    first = start.column - 1
    last = end.column - 1 if end.line == start.line else len(label.span.source.line(start.line))
    if primary is not None:
        return Mark(first, last, label.text, primary.severity, primary=True)
    return Mark(first, last, label.text, "label")


def _block(source: Source, marks: Marks, width: int, paint: Paint) -> list[str]:
    """The lines of one source in order; a bar alone stands for lines left out."""
    bar = paint("gutter", "|")
    lines: list[str] = []
    previous = None
    for number in sorted(marks):
        if previous is None or number > previous + 1:
            lines.append(" " * (width + 1) + bar)
        previous = number
        numbered, *below = _numbered(number, source, marks, width, paint)
        lines.append(numbered)
        lines.extend(below)
    return lines


def _numbered(number: int, source: Source, marks: Marks, width: int, paint: Paint) -> list[str]:
    bar = paint("gutter", "|")
    gutter = paint("gutter", str(number).rjust(width))
    first, *below = snippet(source.line(number), marks[number], paint)
    blank = " " * width
    return [f"{gutter} {bar} {first}".rstrip(), *(f"{blank} {bar} {row}".rstrip() for row in below)]
