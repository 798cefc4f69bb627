"""A name for each finding that stays the same when lines move.

It is made of the file, the code, the marked text and the line that it stands in; line numbers take no
part, nor does the wording of the message. Findings that are alike in all of these are numbered in the
order of the text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from netspec.diagnostics import Diagnostic


def fingerprints(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """One fingerprint for each diagnostic, in their order: 32 hexadecimal digits, all different."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for diagnostic in diagnostics:
        facts = _facts(diagnostic)
        seen[facts] += 1
        text = repr((*facts, seen[facts]))
        found.append(hashlib.sha256(text.encode()).hexdigest()[:32])
    return found


def plain_path(path: str) -> str:
    """A path with `/`, and without `./` in front, on every system.

    >>> plain_path("./specs/mnist.yaml")
    'specs/mnist.yaml'
    """
    return path.replace("\\", "/").removeprefix("./")


def _facts(found: Diagnostic) -> tuple[str, ...]:
    line = found.span.source.line(found.span.start_position.line)
    marked, _, _ = found.span.text.partition("\n")
    return (plain_path(found.path), found.code, marked.strip(), line.strip())
