"""Findings of the lints that report only where their code is asked for: `--select NS,NS516`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.api import validate_text
from netspec.diagnostics import Collector, Diagnostic, Source
from netspec.diagnostics.suppress import unsilenced
from netspec.lints.could_be_auto import could_be_auto
from netspec.lints.facts import Facts
from netspec.pipeline import Checked, check
from netspec.shapes.dims import Dim


def asked_findings(
    source: Source, params: Mapping[str, Any], asked: frozenset[str]
) -> tuple[Diagnostic, ...]:
    """What is found in a spec without errors; the files that it uses are asked about by themselves."""
    if "NS516" not in asked or not validate_text(source.text, path=source.path, **params).ok:
        return ()
    checked = check(source, params)
    assert checked.document is not None
    return unsilenced(_numbers(checked, params), source, checked.document.is_comment)


def _numbers(checked: Checked, params: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """The numbers that may be `auto`: a check of the text with `auto` there makes the same layers of it."""
    if checked.program is None or checked.graph is None or checked.shapes is None:
        return ()
    collector = Collector()
    could_be_auto(Facts(checked.program, (checked.graph,), checked.shapes), collector)
    found = [each for each in collector.diagnostics if each.span.source is checked.source]
    while found:
        wrong = _lines_of_others(checked, found, params)
        if not wrong:
            break
        left = [each for each in found if each.span.start_position.line not in wrong]
        found = left if len(left) < len(found) else []
    return tuple(found)


def _lines_of_others(checked: Checked, found: list[Diagnostic], params: Mapping[str, Any]) -> set[int]:
    """The lines on which `auto` cannot be solved, or stands for something else."""
    text = checked.source.text
    for each in reversed(found):
        text = f"{text[: each.span.start]}auto{text[each.span.end :]}"
    again = check(Source(checked.source.path, text), params)
    wrong = {each.span.start_position.line for each in again.diagnostics if each.severity == "error"}
    if wrong or again.graph is None or again.shapes is None or checked.shapes is None:
        return wrong
    before, behind = checked.shapes.settings, again.shapes.settings
    others = {path for path in before if _plain(before[path]) != _plain(behind.get(path, {}))}
    spans = (checked.graph.leaves[path].spans.values() for path in others if checked.graph is not None)
    return {span.start_position.line for each in spans for span in each}


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What was solved is a size, and no Python integer."""
    return {name: each.value if isinstance(each, Dim) else each for name, each in settings.items()}
