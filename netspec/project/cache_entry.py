"""One check as bytes, and back: its diagnostics, and the digests of the files that it read.

The first line is a checksum of the rest. Whatever is damaged reads as None.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, Source, Span


@dataclass(frozen=True, slots=True)
class Entry:
    """`reads` has a digest for each file that was read beside the one that was checked."""

    diagnostics: tuple[Diagnostic, ...]
    reads: dict[str, str]


def encode(entry: Entry, main: Source) -> bytes:
    """An entry as bytes; the text of `main` is left out."""
    sources: dict[tuple[str, str], int] = {(main.path, main.text): 0}

    def place(span: Span) -> list[int]:
        key = (span.source.path, span.source.text)
        return [sources.setdefault(key, len(sources)), span.start, span.end]

    rows = [_row(found, place) for found in entry.diagnostics]
    body = json.dumps({"reads": entry.reads, "sources": list(sources)[1:], "diagnostics": rows}).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def decode(data: bytes, main: Source) -> Entry | None:
    """The entry, its places in `main` and in sources of its own; None for bytes that are damaged."""
    checksum, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    content = json.loads(body)
    sources = [main, *(Source(path, text) for path, text in content["sources"])]

    def span(place: list[int]) -> Span:
        return Span(sources[place[0]], place[1], place[2])

    return Entry(tuple(_diagnostic(row, span) for row in content["diagnostics"]), content["reads"])


def _row(found: Diagnostic, place: Any) -> dict[str, Any]:
    return {
        "code": found.code,
        "message": found.message,
        "span": place(found.span),
        "span_text": found.span_text,
        "severity": found.severity,
        "yaml_path": found.yaml_path,
        "labels": [[place(label.span), label.text] for label in found.labels],
        "values": found.values,
        "notes": found.notes,
        "help": found.help,
        "fixes": [
            [fix.title, fix.safety, [[place(edit.span), edit.text] for edit in fix.edits]]
            for fix in found.fixes
        ],
    }


def _diagnostic(row: dict[str, Any], span: Any) -> Diagnostic:
    fixes = (
        Fix(title, tuple(Edit(span(at), text) for at, text in edits), safety)
        for title, safety, edits in row["fixes"]
    )
    return Diagnostic(
        code=row["code"],
        message=row["message"],
        span=span(row["span"]),
        span_text=row["span_text"],
        severity=row["severity"],
        yaml_path=tuple(row["yaml_path"]),
        labels=tuple(Label(span(at), text) for at, text in row["labels"]),
        values=tuple((name, text) for name, text in row["values"]),
        notes=tuple(row["notes"]),
        help=row["help"],
        fixes=tuple(fixes),
    )
