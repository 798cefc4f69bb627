"""How values lie in memory, where that is certain: what `view` may join depends on it.

A layout is the order of dimensions of a contiguous tensor: after `permute: [0, 2, 1]` it is (0, 2, 1). Inputs
are taken as contiguous, as PyTorch makes tensors. An op that is not known here leaves the layout unknown, and
a `view` of that is not judged.

>>> viewable((2, 3, 4), strides((2, 4, 3), (0, 2, 1)), (2, 12))
False
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from netspec.graph.ir import Enter, Graph, Leave, Node, ValueNumber
from netspec.shapes.call import Fault
from netspec.shapes.failing import sizes_text
from netspec.shapes.trying import sample_sizes
from netspec.shapes.values import Shape, Tensor, Value, shape_text

Layout = tuple[int, ...]


class Layouts:
    """The layouts known so far, by value number."""

    def __init__(self, graph: Graph) -> None:
        self.of: dict[int, Layout] = {
            each.value: tuple(range(len(each.shape))) for each in graph.inputs if each.shape is not None
        }

    def follow(self, node: Enter | Leave) -> None:
        """A value that goes into a block, or comes out of one, lies as it did."""
        pairs = (
            [(declared.value, operand) for operand, declared in node.inputs]
            if isinstance(node, Enter)
            else []
        )
        if isinstance(node, Leave) and not node.results.unpack:
            pairs = [(number, node.returned) for number in node.results.flat]
        for number, operand in pairs:
            if isinstance(operand, ValueNumber) and operand.value in self.of:
                self.of[number] = self.of[operand.value]

    def make(self, node: Node, inputs: Mapping[str, Any], result: Value) -> None:
        """Record how a result lies; the Fault NS412 for a view that PyTorch refuses."""
        source = next(iter(inputs.values()), None)
        if node.op is None or not isinstance(source, Tensor) or not isinstance(result, Tensor):
            return
        if source.shape is None or result.shape is None:
            return
        layout = self._layout_of(node)
        if node.op.name == "view" and layout is not None:
            _check_view(node.name, source.shape, layout, result.shape)
        made = self._made(node.op.name, inputs, result.shape, layout)
        if made is not None and not node.results.unpack:
            self.of.update(dict.fromkeys(node.results.flat, made))

    def _layout_of(self, node: Node) -> Layout | None:
        first = next(iter(node.arguments.values()), None)
        return self.of.get(first.value) if isinstance(first, ValueNumber) else None

    def _made(self, op: str, inputs: Mapping[str, Any], shape: Shape, layout: Layout | None) -> Layout | None:
        plain = tuple(range(len(shape)))
        if op in _FRESH:
            return plain
        if layout is None:
            return None
        if op in _MOVING:
            order = _moved(op, inputs, len(layout))
            return None if order is None else tuple(layout[place] for place in order)
        if op in _KEEPING:
            return layout
        return plain if op in _CONTIGUOUS and layout == tuple(range(len(layout))) else None


def _moved(op: str, inputs: Mapping[str, Any], rank: int) -> Layout | None:
    """Which dimension of the source each one of the result is."""
    if op == "permute":
        dims = inputs.get("dims")
        if not isinstance(dims, tuple) or not all(type(each) is int for each in dims):
            return None
        return tuple(each % rank for each in dims)
    names = ("axis0", "axis1") if "axis0" in inputs else ("dim0", "dim1")
    first, second = (inputs.get(name) for name in names) if op != "t" else (0, rank - 1)
    if type(first) is not int or type(second) is not int or not rank:
        return None
    order = list(range(rank))
    order[first % rank], order[second % rank] = order[second % rank], order[first % rank]
    return tuple(order)


def _check_view(name: str, shape: Shape, layout: Layout, wanted: Shape) -> None:
    symbols = {each for size in (*shape, *wanted) for each in size.symbols}
    for sizes in sample_sizes(symbols):
        given = tuple(size.evaluate(sizes) for size in shape)
        made = tuple(size.evaluate(sizes) for size in wanted)
        if min((*given, *made), default=1) < 1 or viewable(given, strides(given, layout), made):
            continue
        where = f", which fails for {sizes_text(sizes)}" if sizes else ""
        raise Fault(
            "NS412",
            f"`{name}` cannot see {shape_text(shape)} as {shape_text(wanted)}: "
            f"its dimensions lie in another order in memory{where}",
            help="use `reshape`, which copies where it must, or put `contiguous` before it",
        )


def strides(sizes: tuple[int, ...], layout: Layout) -> tuple[int, ...]:
    """The strides of a value with these sizes, whose dimension i is `layout[i]` of a contiguous tensor."""
    order = sorted(range(len(sizes)), key=lambda place: layout[place])
    steps = {place: math.prod(sizes[after] for after in order[at + 1 :]) for at, place in enumerate(order)}
    return tuple(steps[place] for place in range(len(sizes)))


def viewable(sizes: tuple[int, ...], steps: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether the elements can be seen in a new shape without a copy: each run of dimensions that lie one
    behind the other must be a run of new ones with as many elements."""
    place, left = len(wanted) - 1, 1
    count, base = 1, steps[-1] if steps else 1
    for at in reversed(range(len(sizes))):
        count *= sizes[at]
        if at and (sizes[at - 1] == 1 or steps[at - 1] == count * base):
            continue
        while place >= 0 and (left < count or wanted[place] == 1):
            left *= wanted[place]
            place -= 1
        if left != count:
            return False
        if at:
            count, left, base = 1, 1, steps[at - 1]
    return place == -1 or all(each == 1 for each in wanted[: place + 1])


_MOVING = frozenset(("permute", "transpose", "swapaxes", "swapdims", "t"))
_FRESH = frozenset(("contiguous", "Linear", "LayerNorm"))
"""Ops whose results are contiguous, whatever their input is."""
_KEEPING = frozenset(
    "relu ReLU gelu GELU silu SiLU sigmoid Sigmoid tanh Tanh exp neg dropout Dropout Identity clone".split()
)
"""Ops of single elements, whose results lie as their input does."""
_CONTIGUOUS = frozenset(
    """view reshape flatten Flatten unflatten Unflatten unsqueeze Conv1d Conv2d Conv3d BatchNorm1d BatchNorm2d
    BatchNorm3d max_pool2d MaxPool2d avg_pool2d AvgPool2d Embedding""".split()
)
"""Ops whose results are contiguous where their input is."""
