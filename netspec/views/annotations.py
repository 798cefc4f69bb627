"""Shapes as comments in source: for each value of a forward, what holds of it in every use.

A class may run several times, with other sizes each time. A size stands in the comment where it is the
same in all runs, and `_` where it differs, as in a spec; where even the number of dimensions differs, there
is no comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.codegen import Part
from netspec.diagnostics import Collector
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph
from netspec.pipeline import Checked
from netspec.resolve.program import ValueInfo
from netspec.shapes.infer import Shapes, infer
from netspec.shapes.values import Tensor, Value

_WIDEST = 60  # characters


def part(checked: Checked, *, annotate: bool) -> Part:
    """A spec without errors as the generator takes it."""
    assert checked.program is not None
    return Part(checked.program, checked.solved or {}, comments(checked) if annotate else {})


def comments(checked: Checked) -> Mapping[ValueInfo, str]:
    """The comment for each value, for the params at hand."""
    found: dict[ValueInfo, list[Value]] = {}
    for graph, shapes in _graphs(checked):
        for number, info in graph.values.items():
            found.setdefault(info, []).append(shapes.of(number))
    texts = {info: _text(values) for info, values in found.items()}
    return {info: text for info, text in texts.items() if 0 < len(text) <= _WIDEST}


def _graphs(checked: Checked) -> Iterator[tuple[Graph, Shapes]]:
    """The network in training and in evaluation, with all optional inputs and with none."""
    assert checked.program is not None
    optional = frozenset(each.name for each in checked.program.main.inputs if each.optional)
    for training in (True, False):
        for without in {frozenset[str](), optional}:
            graph = elaborate(
                checked.program, checked.params or {}, Collector(), training=training, without=without
            )
            yield graph, infer(graph, Collector())


def _text(values: list[Value]) -> str:
    """What all of them have in common; "" where that is nothing."""
    tensors = [value for value in values if isinstance(value, Tensor) and value.shape is not None]
    shapes = {tuple(map(str, each.shape or ())) for each in tensors}
    dtypes = {each.dtype for each in tensors}
    if len(tensors) < len(values) or len(dtypes) > 1 or len({*map(len, shapes)}) > 1:
        return ""
    sizes = [size if len({size, *others}) == 1 else "_" for size, *others in zip(*shapes, strict=True)]
    text = f"[{', '.join(sizes)}]"
    (dtype,) = dtypes
    return text if dtype in ("float32", None) else f"{dtype} {text}"
