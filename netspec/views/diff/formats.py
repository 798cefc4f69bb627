"""A difference as text, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from netspec.views.diff.lines import Line, change_text, key_counts, key_lines, sections, shortened
from netspec.views.diff.records import Difference
from netspec.views.table import table


def text(found: Difference) -> str:
    """For a terminal."""
    lines = [f"{found.before} -> {found.after}"]
    if not found:
        return "\n".join([*lines, "", "no difference"])
    for heading, entries in sections(found):
        lines += ["", heading, *_text_lines(entries)]
    if found.amounts:
        rows = [(each.name, *change_text(each)) for each in found.amounts]
        lines += ["", table(("", "before", "after", "change"), rows, right=(1, 2, 3))]
        lines += [f"for {found.sizes}"] if found.sizes else []
    lines += ["", f"checkpoint: {key_counts(found)}", *_text_lines(key_lines(found))]
    if found.uncounted:
        lines.append(f"not counted: the tensors of {', '.join(found.uncounted)} of an application")
    return "\n".join(lines)


def _text_lines(entries: list[Line]) -> list[str]:
    shown, more = shortened(entries)
    width = max((len(each.name) for each in shown), default=0)
    lines = [f"  {each.mark} {each.name.ljust(width)}  {each.text}" for each in shown]
    return [*lines, f"  ... and {more} more"] if more else lines


def markdown(found: Difference) -> str:
    """For a comment on a pull request: what matters first, the keys folded away."""
    lines = [f"### {_code(found.before)} → {_code(found.after)}", ""]
    if not found:
        return "\n".join([*lines, "No difference."])
    if found.amounts:
        rows = [(each.name, *change_text(each)) for each in found.amounts]
        lines += [_table(("", "before", "after", "change"), rows, "|---|---:|---:|---:|"), ""]
        lines += [f"For {found.sizes}.", ""] if found.sizes else []
    for heading, entries in sections(found):
        lines += [f"**{heading.capitalize()}**", "", _entries(entries, heading), ""]
    lines += [f"**Checkpoint:** {key_counts(found)}"]
    keys = key_lines(found)
    if keys:
        lines += ["", "<details><summary>Keys</summary>", "", _entries(keys, "key"), "", "</details>"]
    return "\n".join(lines)


def _entries(entries: list[Line], heading: str) -> str:
    shown, more = shortened(entries)
    rows = [(each.mark, _code(each.name), each.text) for each in shown]
    rows += [("", "", f"and {more} more")] if more else []
    return _table(("", heading.removesuffix("s"), ""), rows, "|---|---|---|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], rule: str) -> str:
    cells = [
        [each.replace("|", "\\|").replace("*", "\\*") if "`" not in each else each for each in row]
        for row in rows
    ]
    lines = ["| " + " | ".join(row) + " |" for row in ([*head], *cells)]
    return "\n".join([lines[0], rule, *lines[1:]])


def _code(name: str) -> str:
    return "`" + name.replace("`", "'").replace("|", "\\|") + "`"


def as_dict(found: Difference) -> dict[str, Any]:
    """Everything as plain data."""
    return {"format_version": 1, "different": bool(found), **asdict(found)}


def as_json(found: Difference) -> str:
    return json.dumps(as_dict(found), indent=2)


RENDERERS: dict[str, Callable[[Difference], str]] = {"text": text, "json": as_json, "markdown": markdown}
