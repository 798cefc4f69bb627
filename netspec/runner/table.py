"""The end of a run as text: a table of its epochs, and how to use the weights."""

from __future__ import annotations

from netspec.runner.folder import REPORT
from netspec.runner.records import Epoch, Result

_MOST_ROWS = 12


def final_table(result: Result) -> str:
    """The epochs, one a row (of many: the first and the last ones and the best), figures under headings."""
    columns = ["epoch", *result.epochs[0].shown, "seconds", ""]
    rows = [columns]
    previous = 0
    for epoch in _rows(result):
        if epoch.number > previous + 1:
            rows.append(["..."] + [""] * (len(columns) - 1))
        rows.append(_row(epoch, result))
        previous = epoch.number
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    lines = (
        "  ".join(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False)) + f"  {row[-1]}"
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _rows(result: Result) -> list[Epoch]:
    half = _MOST_ROWS // 2
    return [
        epoch
        for epoch in result.epochs
        if epoch.number <= half or epoch.number > len(result.epochs) - half or epoch is result.best
    ]


def _row(epoch: Epoch, result: Result) -> list[str]:
    figures = [
        f"{value:.2%}" if name.endswith("accuracy") else f"{value:.4f}" for name, value in epoch.shown.items()
    ]
    return [str(epoch.number), *figures, f"{epoch.seconds:.1f}", "best" if epoch is result.best else ""]


def summary(result: Result) -> str:
    """What was reached, on what, and in what time."""
    reached = ", ".join(
        f"{name} {value:.2%}" if name == "accuracy" else f"{name} {value:.4f}"
        for name, value in result.metrics.items()
    )
    epochs = f"{result.chosen.number} epoch" + ("s" if result.chosen.number > 1 else "")
    return (
        f"{reached} on {result.tested:,} held-out samples, after {epochs} over "
        f"{result.samples:,} samples in {result.seconds:.1f} s on {result.device}"
    )


def how_to_use(result: Result) -> str:
    """Where the weights and the report lie, and the lines of Python that load the weights."""
    report = result.folder / REPORT
    line = f"Report: {report}\n" if report.exists() else ""
    return f"""\
Weights: {result.weights}
{line}Run folder: {result.folder}

Use them in Python:

    import netspec

    net = netspec.open({str(result.weights)!r})
    net.eval()
"""


def final_text(result: Result) -> str:
    """All of it, as `netspec train` prints it."""
    return "\n\n".join((final_table(result), summary(result), how_to_use(result)))
