"""NS512: a batch norm gets one place of each channel, so that the batch alone is left to average over.

PyTorch refuses to train on a batch of one sample then, and small batches are normalised badly. Behind a
pooling over the whole image (as in ASPP) it is an old practice, and nothing is said.
"""

from __future__ import annotations

from netspec.diagnostics import Collector, Label, Span
from netspec.graph.ir import Node
from netspec.lints.facts import Facts
from netspec.lints.flow import NORMS
from netspec.shapes.dims import product
from netspec.shapes.values import Tensor, shape_text

# What makes sizes smaller by the way; all else that leaves one place is asked to.
_SHRINKING = frozenset(f"{kind}{rank}d" for kind in ("Conv", "MaxPool", "AvgPool") for rank in (1, 2, 3))


def norm_on_one(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for node in facts.graph.calls:
        source = facts.flow.source(node)
        if node.op is None or node.op.name not in NORMS or source is None or node.span in seen:
            continue
        value = facts.shapes.of(source)
        shrinker = _shrinker(facts, source) if _is_one_place(value) else None
        if shrinker is None or not isinstance(value, Tensor):
            continue
        seen.add(node.span)
        collector.add(
            "NS512",
            f"`{node.name}` has only the batch to normalise over: it receives {shape_text(value.shape)}",
            node.span,
            labels=[Label(shrinker.span, "leaves one place")],
            help="pool or stride less before it, or leave it out",
        )


def _is_one_place(value: object) -> bool:
    """Whether a value has sizes behind batch and channels, and all of them are 1."""
    if not isinstance(value, Tensor) or value.shape is None or len(value.shape) < 3:
        return False
    return product(value.shape[2:]).value == 1


def _shrinker(facts: Facts, value: int) -> Node | None:
    """The call behind which the value has one place, where it slides a window over several."""
    maker = facts.flow.makers.get(value)
    while maker is not None:
        source = facts.flow.source(maker)
        if source is None:
            return None
        taken = facts.shapes.of(source)
        if not _is_one_place(taken):
            if maker.op is None or maker.op.name not in _SHRINKING or not isinstance(taken, Tensor):
                return None
            return None if _takes_all(facts, maker, taken) else maker
        maker = facts.flow.makers.get(source)
    return None


def _takes_all(facts: Facts, node: Node, value: Tensor) -> bool:
    """Whether the window is as large as what it slides over, so that one place is what is asked for."""
    kernel = facts.flow.setting(node, "kernel_size")
    sizes = [size.value for size in (value.shape or ())[2:]]
    return sizes == (list(kernel) if isinstance(kernel, tuple) else [kernel] * len(sizes))
