"""One sign lost, one line moved, one word misspelled: the edit that mends a text is found by trying.

Where the findings can come of such a slip, small edits near them are tried. One that leaves no finding
is the fault: it is reported once, at its place, with the edit as its fix. Else all stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import yaml

from netspec.diagnostics import Collector, Diagnostic, Edit, Fix, Label, Source, Span
from netspec.syntax.repair import Repair, candidates, repaired
from netspec.syntax.repair_words import word_candidates

# What a slip shows itself as: no YAML, or keys, names, values and expressions that are none.
_CODES = frozenset(
    """NS001 NS004 NS008 NS102 NS103 NS104 NS106 NS201 NS202 NS204 NS205 NS207 NS301 NS302 NS304""".split()
)
_MOST_LINES = 1000
_MOST_CHECKS = 12
_MOST_CHECKS_OF_YAML = 6  # where the text is YAML, and the slip less likely

Check = Callable[[Source], Sequence[Diagnostic]]


def mend_slip(found: Sequence[Diagnostic], source: Source, check: Check) -> Diagnostic | None:
    """The one fault behind the findings, or None where no small edit takes them all away."""
    errors = [each for each in found if each.severity == "error"]
    if not errors or len(source.line_starts) > _MOST_LINES:
        return None
    first = next((each for each in errors if each.code in _CODES and each.path == source.path), None)
    if first is None or (first.fixes and len(found) == 1 and " " not in first.span.text):
        return None
    alone = len(found) == 1 and first.code != "NS001"
    if alone and (first.help or "").startswith(("write `{", "write it", "leave it out")):
        return None
    checks = 0
    for repair in _near(source, [first, *errors]):
        text = repaired(source, repair)
        if not _is_yaml(text.text):
            continue
        checks += 1
        if checks > (_MOST_CHECKS if first.code == "NS001" else _MOST_CHECKS_OF_YAML):
            return None
        if not check(text):
            return _report(repair, first, source, alone=alone and repair.of_a_word)
    return None


def _near(source: Source, errors: Sequence[Diagnostic]) -> Iterator[Repair]:
    """Edits of what the findings mark, of their lines, and of those before and behind the first."""
    if errors[0].code != "NS001":
        for each in dict.fromkeys(errors[:3]):
            if each.span.source is source:
                yield from word_candidates(each.code, each.span)
    spans = [each.span for each in errors[:3]]
    spans += [label.span for label in errors[0].labels]
    lines = [span.start_position.line for span in spans if span.source is source]
    last = len(source.line_starts)
    for line in dict.fromkeys([*lines, lines[0] - 1, lines[0] + 1, lines[0] - 2]):
        if 1 <= line <= last and source.line(line).strip():
            yield from candidates(source, line)


def _is_yaml(text: str) -> bool:
    try:
        for _ in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass
    except yaml.YAMLError:
        return False
    return True


def _report(repair: Repair, first: Diagnostic, source: Source, *, alone: bool) -> Diagnostic:
    """The first finding, in the words of the slip where the text is no YAML, at the place of the edit;
    one that is `alone` says already what is wrong."""
    edit = repair.edit
    span = edit.span if edit.span.end > edit.span.start else _beside(source, edit.span.start)
    fix = Fix(repair.help.capitalize(), (Edit(edit.span, edit.text),), "unsafe")
    if alone:
        return replace(first, fixes=(fix,))
    if first.code != "NS001":
        if span.start_position.line == first.span.start_position.line:
            span = first.span
        note = f"{repair.message}: with it mended, no error is left"
        return replace(first, span=span, notes=(*first.notes, note), help=repair.help, fixes=(fix,))
    labels = [Label(first.span, "YAML gives up here")] if first.span.start != span.start else []
    collector = Collector()
    collector.add(
        "NS001", repair.message, span, labels=labels, help=repair.help, notes=first.notes, fixes=[fix]
    )
    return collector.diagnostics[0]


def _beside(source: Source, offset: int) -> Span:
    """The sign at an offset, or the one before at the end of a line."""
    at_end = source.text[offset : offset + 1] in ("", "\n")
    return Span(source, offset - 1, offset) if at_end and offset else Span(source, offset, offset + 1)
