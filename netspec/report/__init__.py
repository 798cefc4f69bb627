"""Diagnostics -> text. Layer 1: pure functions, no dependency beyond the standard library.

A `Report` holds what was found; `report.render("full")` (for people), `"concise"` (one line each),
`"json"` and `"jsonl"` (for programs), `"sarif"`, `"github"`, `"gitlab"` and `"junit"` (for CI) show it.
A further format is one file and one entry in `RENDERERS`.
"""

from netspec.report.formats import RENDERERS
from netspec.report.model import Report

__all__ = ["RENDERERS", "Report"]
