"""Shows a report: what a baseline knows is taken out, the rest goes to the terminal or a file."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from netspec.cli.terminal import say, use_color, warn
from netspec.diagnostics import CODES
from netspec.errors import NetspecError
from netspec.project.baseline import read_baseline, without_known, write_baseline
from netspec.report import Report


def show(report: Report, options: argparse.Namespace, baseline: str | None) -> Report:
    """Write a report as the options say, and return what is left of it beside the baseline."""
    if baseline is not None:
        report = _new(report, baseline, write=options.write_baseline)
    _write(report, options)
    if options.statistics:
        for code, count in sorted(Counter(each.code for each in report.diagnostics).items()):
            warn(f"{count:6} {code} {CODES[code].name}")
    return report


def _new(report: Report, baseline: str, *, write: bool) -> Report:
    if write:
        write_baseline(baseline, report.diagnostics)
        warn(f"netspec: wrote {len(report.diagnostics)} findings to {baseline}")
        return Report(report.paths)
    found, gone = without_known(report.diagnostics, read_baseline(baseline), report.paths)
    if gone:
        warn(f"netspec: {gone} findings of {baseline} are gone; --write-baseline takes them out")
    return Report(report.paths, found)


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.output_file is None:
        # A mended text or a diff is the result then, and has standard output to itself.
        aside = options.diff or (options.fix and "-" in options.paths)
        text = report.render(options.format, color=use_color(sys.stderr if aside else sys.stdout))
        if text:
            (warn if aside else say)(text)
        return
    text = report.render(options.format)
    try:
        Path(options.output_file).write_text(text + os.linesep if text else "", encoding="utf-8")
    except OSError as error:
        raise NetspecError(f"{options.output_file}: {error.strerror or error}") from None
