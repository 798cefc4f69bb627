"""Lints: what is legal and probably not meant. One rule, one file; layer 5.

Each is a function of what the pipeline knows (`Facts`) that adds warnings to the collector.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.diagnostics import Collector
from netspec.lints.consequences import without_consequences
from netspec.lints.facts import Facts
from netspec.lints.unused_layer import unused_layer
from netspec.lints.unused_param import unused_param
from netspec.lints.unused_value import unused_value

LINTS: tuple[Callable[[Facts, Collector], None], ...] = (unused_layer, unused_value, unused_param)

__all__ = ["LINTS", "Facts", "without_consequences"]
