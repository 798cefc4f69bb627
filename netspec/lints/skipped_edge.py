"""NS513: windows that lie side by side do not divide the size, and the end is left out.

Only where kernel and stride are equal, without padding: such a layer is meant to look at everything once.
"""

from __future__ import annotations

import re
from typing import Any

from netspec.diagnostics import Collector, Span
from netspec.graph.ir import Node
from netspec.lints.facts import Facts
from netspec.shapes.values import Tensor, shape_text

_WINDOWS = re.compile(r"(?:Conv|MaxPool|AvgPool|max_pool|avg_pool)([123])d")


def skipped_edge(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for node in facts.graph.calls:
        found = _WINDOWS.fullmatch(node.op.name) if node.op is not None else None
        source = facts.flow.source(node)
        if found is None or source is None or node.span in seen:
            continue
        value, window = facts.shapes.of(source), _window(facts, node, int(found[1]))
        if window is None or not isinstance(value, Tensor) or value.shape is None:
            continue
        sizes = [size.value for size in value.shape[-len(window) :]]
        left = [
            f"{size % step} of {size} in dimension {place - len(sizes)}"
            for place, (size, step) in enumerate(zip(sizes, window, strict=True))
            if size is not None and size > step > 1 and size % step
        ]
        if left:
            seen.add(node.span)
            windows = " x ".join(map(str, window))
            collector.add(
                "NS513",
                f"`{node.name}` leaves out the end of {shape_text(value.shape)}: {' and '.join(left)}",
                node.span,
                span_text=f"windows of {windows}",
                help=_way_out(node, windows),
            )


def _way_out(node: Node, windows: str) -> str:
    pools = node.op is not None and "pool" in node.op.name.lower()
    keep = "`ceil_mode: true` keeps it" if pools else "pad it before"
    return f"{keep}, or let the sizes be multiples of {windows}"


def _window(facts: Facts, node: Node, rank: int) -> tuple[int, ...] | None:
    """The sizes of the windows, where they lie side by side and without padding."""

    def setting(name: str, default: Any) -> tuple[Any, ...]:
        value = facts.flow.setting(node, name)
        value = default if value is None or value == () else value
        return value if isinstance(value, tuple) and len(value) == rank else (value,) * rank

    kernel = setting("kernel_size", 0)
    plain = (
        setting("padding", 0) in ((0,) * rank, ("valid",) * rank) and setting("dilation", 1) == (1,) * rank
    )
    if not plain or facts.flow.setting(node, "ceil_mode") is True or setting("stride", kernel) != kernel:
        return None
    return kernel if all(type(size) is int for size in kernel) else None
