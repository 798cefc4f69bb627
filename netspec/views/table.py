"""Plain text tables: columns as wide as their widest cell."""

from __future__ import annotations

from collections.abc import Sequence


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    total: Sequence[str] | None = None,
    *,
    right: Sequence[int] = (),
) -> str:
    """Lines with a rule under the head and, where there is a total, above it.

    `right` are the columns (from 0) that align to the right.

    >>> print(table(("step", "n"), [("conv", "1,200")], right=(1,)))
    step      n
    ----  -----
    conv  1,200
    """
    every = [head, *rows, *([total] if total is not None else [])]
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = (
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    lines = [line(head), rule, *map(line, rows)]
    return "\n".join([*lines, *([rule, line(total)] if total is not None else [])])
