"""A change as a unified diff, which `patch` reads.

>>> print(diff("a.yaml", b"x: 1\\n", b"x: 2\\n").decode(), end="")
--- a.yaml
+++ a.yaml
@@ -1 +1 @@
-x: 1
+x: 2
"""

from __future__ import annotations

import difflib

_NO_END = "\\ No newline at end of file\n"


def diff(name: str, before: bytes, after: bytes) -> bytes:
    """The lines that change, with three around them; empty where none does. Line breaks are the file's."""
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_END}" for line in lines).encode()


def _lines(data: bytes) -> list[str]:
    """Lines with their ends. Only `\\n` ends one, as for `patch`."""
    pieces = data.decode().split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + pieces[-1:] * bool(pieces[-1])
