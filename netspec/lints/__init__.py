"""Lints: what is legal and probably not meant. One rule, one file; layer 5.

Each is a function of what the pipeline knows (`Facts`) that adds warnings to the collector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from netspec.diagnostics import Collector
from netspec.lints.bias_before_norm import bias_before_norm
from netspec.lints.changed_in_place import changed_in_place
from netspec.lints.consequences import without_consequences
from netspec.lints.dead_step import dead_step
from netspec.lints.dropout_before_norm import dropout_before_norm
from netspec.lints.facts import Facts
from netspec.lints.fixed_batch import fixed_batch
from netspec.lints.kernel_on_one import kernel_on_one
from netspec.lints.norm_on_one import norm_on_one
from netspec.lints.skipped_edge import skipped_edge
from netspec.lints.suspicious_literal import suspicious_literal
from netspec.lints.two_activations import two_activations
from netspec.lints.unused_block import unused_block
from netspec.lints.unused_layer import unused_layer
from netspec.lints.unused_param import unused_param
from netspec.lints.unused_value import unused_value

Lint: TypeAlias = Callable[[Facts, Collector], None]

LINTS: tuple[Lint, ...] = (unused_layer, unused_value, unused_param)
FLOW_LINTS: tuple[Lint, ...] = (
    dead_step,
    changed_in_place,
    bias_before_norm,
    dropout_before_norm,
    two_activations,
    kernel_on_one,
    fixed_batch,
    norm_on_one,
    skipped_edge,
    unused_block,
    suspicious_literal,
)
"""Those that judge a whole network, such as what flows where; they are for specs without errors."""
COMPANY_CODES = frozenset("NS506 NS507 NS508 NS509 NS510 NS511 NS512 NS513 NS515".split())
"""What these report depends on which steps stand together, not on whether a name leads where it should."""

__all__ = ["COMPANY_CODES", "FLOW_LINTS", "LINTS", "Facts", "without_consequences"]
