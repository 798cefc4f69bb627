"""`assert`: a claimed shape -> the sizes it stands for, for given params."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.diagnostics import Collector
from netspec.graph.evaluate import Unevaluated, released, value_of
from netspec.graph.ir import Expected, ExpectedParts, ExpectedTensor
from netspec.resolve.claim_records import Claimed, ClaimedSize, ClaimedTensor
from netspec.shapes.dims import Dim, dim


def expected_of(claimed: Claimed, names: Mapping[str, Any], collector: Collector) -> Expected | None:
    """The claim with its numbers; None, after a report, where an expression has none."""
    if isinstance(claimed, ClaimedTensor):
        if claimed.sizes is None:
            return ExpectedTensor(None, claimed.span)
        try:
            sizes = tuple(_size(each, names, collector) for each in claimed.sizes)
        except Unevaluated:
            return None
        return ExpectedTensor(sizes, claimed.span, claimed.rest, claimed.dtype)
    parts = [expected_of(each, names, collector) for each in claimed.items]
    known = tuple(part for part in parts if part is not None)
    return ExpectedParts(known, claimed.span, claimed.keys) if len(known) == len(parts) else None


def _size(claimed: ClaimedSize, names: Mapping[str, Any], collector: Collector) -> Dim | None:
    if claimed.size is None:
        return None
    value = released(value_of(claimed.size, names, collector))
    if isinstance(value, Dim) or type(value) is int:
        return dim(value)
    collector.add(
        "NS303", f"a size is an integer, but this is {value!r}", claimed.span,
        help="correct the expression, or give other params",
    )  # fmt: skip
    raise Unevaluated
