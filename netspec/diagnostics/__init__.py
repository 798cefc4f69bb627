"""Diagnostics as data: where something is wrong, what is wrong, and the change that mends it.

Layer 0: knows nothing of YAML, ops or torch. Every stage of the pipeline reports into a
`Collector`; `netspec.report` turns the result into text.
"""

from netspec.diagnostics.codes import CODES, Code
from netspec.diagnostics.collector import Collector, Stopped, Trial
from netspec.diagnostics.model import Diagnostic, Edit, Fix, Label, Severity
from netspec.diagnostics.similar import near, similar
from netspec.diagnostics.source import Position, Source, Span

__all__ = [
    "CODES",
    "Code",
    "Collector",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Position",
    "Severity",
    "Source",
    "Span",
    "Stopped",
    "Trial",
    "near",
    "similar",
]
