"""NS510: a convolution with a wide kernel gets a value of which one place is left.

All weights of its kernel but one in each channel meet padding alone, and never learn.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Span
from netspec.lints.facts import Facts
from netspec.shapes.values import Tensor, shape_text

_RANKS = {"Conv1d": 1, "Conv2d": 2, "Conv3d": 3}


def kernel_on_one(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for node in facts.graph.calls:
        rank = _RANKS.get(node.op.name) if node.op is not None and node.module is not None else None
        source = facts.flow.source(node)
        if rank is None or source is None or node.span in seen:
            continue
        value = facts.shapes.of(source)
        kernel = facts.flow.setting(node, "kernel_size")
        if not isinstance(value, Tensor) or value.shape is None or not _is_wide(kernel):
            continue
        zeros = facts.flow.setting(node, "padding_mode") == "zeros"
        if zeros and all(size.value == 1 for size in value.shape[-rank:]):
            seen.add(node.span)
            sizes = " x ".join(map(str, kernel if isinstance(kernel, tuple) else (kernel,) * rank))
            collector.add(
                "NS510",
                f"`{node.name}` has a kernel of {sizes} but receives {shape_text(value.shape)}",
                node.span,
                help="pool or stride less before it, or give it a kernel of 1",
            )


def _is_wide(kernel: object) -> bool:
    sizes = kernel if isinstance(kernel, tuple) else (kernel,)
    return any(isinstance(size, int) and size > 1 for size in sizes)
