"""What netspec says about a mutant, beside what the judge says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import netspec
from benchmarks.mutation.judge.verdict import Verdict
from benchmarks.mutation.mutants import Mutant, is_variant, originals
from benchmarks.mutation.verdicts import Verdicts
from netspec.diagnostics.model import Diagnostic, Fix

# What tensors without data do not show: these kinds run with data as well.
_WITH_DATA = ("dtype changed", "axis changed", "default of another type")


@dataclass(frozen=True)
class Outcome:
    """`reported`: there is an error. `placed`: one has its place on a line of the mistake; `labelled`: its
    place or that of a label. `alone`: there is one finding, of whatever severity. `mended`: how a text that
    is right comes of what the report says, if so."""

    mutant: Mutant
    verdict: Verdict
    findings: tuple[Diagnostic, ...]
    reported: bool
    placed: bool
    labelled: bool
    alone: bool
    mended: str = ""

    @property
    def shortcomings(self) -> list[str]:
        """What the study counts against netspec."""
        if not self.verdict.wrong:
            return ["false alarm"] if self.reported else []
        if not self.reported:
            return ["not reported"]
        good = {"elsewhere": self.placed, "not alone": self.alone, "not mended": self.mended}
        return [name for name, is_good in good.items() if not is_good]


def outcome(mutant: Mutant, judge: Verdicts) -> Outcome:
    report = netspec.validate_text(mutant.text, path=str(mutant.path))
    errors = report.errors
    verdict = judge(mutant.text, mutant.path, cpu=bool(errors) or mutant.kind in _WITH_DATA)
    if errors and not verdict.wrong:
        verdict = _in_variants(mutant, judge)
    here = [found for found in errors if found.path == str(mutant.path)]
    placed = any(found.span.start_position.line in mutant.lines for found in here)
    labels = [label.span for found in here for label in found.labels]
    labelled = placed or any(
        span.source.path == str(mutant.path) and span.start_position.line in mutant.lines for span in labels
    )
    mended = _mended(mutant, errors[0], judge) if errors and verdict.wrong else ""
    alone = len(report.diagnostics) == 1
    return Outcome(mutant, verdict, report.diagnostics, bool(errors), placed, labelled, alone, mended)


def _in_variants(mutant: Mutant, judge: Verdicts) -> Verdict:
    """The verdict on the specs that use the file: its own defaults may leave some blocks out."""
    users = [file for file in originals() if is_variant(file) and f"/{mutant.path.name}]" in file.text]
    # The last, the middle and the first in the order of names differ the most.
    for file in dict.fromkeys(users[index] for index in (-1, len(users) // 2, 0) if users):
        found = judge(file.text, file.path, used={mutant.path: mutant.text})
        if found.wrong:
            return found
    return Verdict("right")


def _mended(mutant: Mutant, found: Diagnostic, judge: Verdicts) -> str:
    if found.path != str(mutant.path):
        return ""
    original = mutant.path.read_text(encoding="utf-8")
    for how, text in _readings(mutant.text, found):
        if text == original:
            return how
        report = netspec.validate_text(text, path=str(mutant.path))
        if not report.errors and not judge(text, mutant.path).wrong:
            return how
    return ""


def _readings(text: str, found: Diagnostic) -> Iterator[tuple[str, str]]:
    """The texts that the report asks for: by its fixes, else by its help, read word for word.

    Of a help, each text in backticks, and the word behind `set ... to`, is put in place of what is marked;
    `remove it` takes away what is marked, with the comma beside it, or its line.
    """
    for fix in found.fixes:
        yield "fix", with_fix(text, fix)
    help = found.help or ""
    start, end = found.span.start, found.span.end
    for words in [
        *re.findall(r"\bset [^,]*? to (\S+?)[,:]?(?: |$)", help)[:1],
        *re.findall(r"`([^`]+)`", help)[:3],
    ]:
        yield "help", text[:start] + words.strip("`") + text[end:]
    if "remove it" in help or "or remove" in help:
        yield "help", re.sub(r"[ ,]*$", "", text[:start]) + re.sub(r"^[^,\n\]}]*", "", text[end:])
        yield "help", text[:start] + re.sub(r"^[^,\n\]}]*,? *", "", text[end:])
        line = text.rfind("\n", 0, start) + 1
        yield "help", text[:line] + text[text.find("\n", start) + 1 :]


def with_fix(text: str, fix: Fix) -> str:
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
