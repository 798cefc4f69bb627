"""The checks against the installed PyTorch: every step of a spec on the meta device, for several sizes.

`disagreements(checked)` runs each graph (training, and evaluation where it differs) step by step, with
tensors that have shapes and dtypes and no values. What PyTorch refuses where the checks accept is NS902;
another shape or dtype than the checks promise is NS903. Each step receives what the checks promised, so
that one disagreement is reported once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from netspec.build.evaluation import Evaluation
from netspec.build.instantiate import instantiate
from netspec.build.promised import Unmade, agrees, described, made, text
from netspec.diagnostics import Collector, Diagnostic, Span
from netspec.errors import SpecError
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph, GraphNode, Node
from netspec.pipeline import Checked
from netspec.shapes.dims import Symbol
from netspec.shapes.failing import sizes_text
from netspec.shapes.infer import Shapes, infer

_REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AssertionError, AttributeError, KeyError)
_FIRST_SIZES = (16, 64, 256)
"""Tried in turn for a size without a typical one: a network may demand a large enough input."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One step on which the two differ: `code` says how, `said` what PyTorch says or makes."""

    code: str
    name: str
    span: Span
    said: str
    promised: str
    sizes: Mapping[str, int]


def disagreements(checked: Checked) -> tuple[Diagnostic, ...]:
    """What PyTorch sees otherwise, for a spec that the checks accept; () where both agree."""
    collector = Collector()
    try:
        module = instantiate(checked, checked.params or {}, "meta")
    except SpecError as error:
        return error.report.diagnostics
    for graph, shapes in _graphs(checked):
        for found in _compared(graph, shapes, module.train(graph is checked.graph)):
            _report(found, collector)
    return collector.diagnostics


def _graphs(checked: Checked) -> Iterator[tuple[Graph, Shapes]]:
    """The graph of training and that of evaluation, with all optional inputs and with none."""
    assert checked.program is not None
    assert checked.graph is not None
    assert checked.shapes is not None
    yield checked.graph, checked.shapes
    optional = frozenset(each.name for each in checked.program.main.inputs if each.optional)
    cases = [(False, frozenset[str]()), *((mode, optional) for mode in (True, False) if optional)]
    for training, without in cases:
        graph = elaborate(
            checked.program, checked.params or {}, Collector(), training=training, without=without
        )
        yield graph, infer(graph, Collector())


def _compared(graph: Graph, shapes: Shapes, module: nn.Module) -> Iterator[Disagreement]:
    """The first disagreement of each step, over all sizes that are tried."""
    tried: dict[int, list[Disagreement]] = {}
    for size in _FIRST_SIZES:
        tried[size] = _run(graph, shapes, module, _sizes(graph, size, 0))
        if not tried[size]:
            break
    size = min(tried, key=lambda each: len(tried[each]))
    seen: set[tuple[str, int]] = set()
    for turn in (0, 1, 2):
        for found in tried[size] if turn == 0 else _run(graph, shapes, module, _sizes(graph, size, turn)):
            if (found.code, found.span.start) not in seen:
                seen.add((found.code, found.span.start))
                yield found


def _sizes(graph: Graph, default: int, turn: int) -> dict[str, int]:
    """Sizes of the symbols: typical ones, then larger ones that are even and odd and unlike each other."""
    typical = {name: size for each in graph.inputs for name, size in each.typical.items()}
    found: dict[str, int] = {}
    for place, each in enumerate(sorted(_symbols(graph), key=lambda symbol: symbol.name)):
        base = max(typical.get(each.name, default), each.minimum)
        size = (base, base + 1 + 2 * place, 2 * base + 3 + 5 * place)[turn]
        found[each.name] = size if each.maximum is None else min(size, each.maximum)
    return found


def _symbols(graph: Graph) -> set[Symbol]:
    return {each for given in graph.inputs for each in given.symbols}


def _run(graph: Graph, shapes: Shapes, module: nn.Module, sizes: Mapping[str, int]) -> list[Disagreement]:
    try:
        inputs = [made(shapes.of(each.value), sizes) for each in graph.inputs]
    except Unmade:
        return []
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        return _Compared(graph, module, inputs, sizes, shapes).run().found


class _Compared(Evaluation):
    """An evaluation in which each step gets what the checks promise of the steps before it."""

    def __init__(
        self, graph: Graph, module: nn.Module, given: list[Any], sizes: Mapping[str, int], shapes: Shapes
    ) -> None:
        super().__init__(graph, module, given, sizes)
        self.shapes = shapes
        self.outer = dict(sizes)
        self.found: list[Disagreement] = []

    def run(self) -> _Compared:
        super().run()
        return self

    def step(self, node: GraphNode) -> None:
        try:
            super().step(node)
        except NotImplementedError:
            # The meta device lacks the op, or values would decide: PyTorch says nothing here.
            pass
        except _Missing:
            pass
        except _REFUSALS as error:
            if isinstance(node, Node):
                self._add("NS902", node, str(error).partition("\n")[0], "")
        if isinstance(node, Node):
            self._compare(node)
        self._as_promised(node)

    def value(self, argument: Any) -> Any:
        found = super().value(argument)
        if found is _UNMADE:
            raise _Missing
        return found

    def _compare(self, node: Node) -> None:
        """Results that were made, against those that were promised."""
        for number in node.results.flat:
            promised = self.shapes.of(number)
            if number in self.values and not agrees(promised, self.values[number], self.outer):
                self._add("NS903", node, described(self.values[number]), text(promised, self.outer))

    def _as_promised(self, node: GraphNode) -> None:
        for number in node.results.flat:
            promised = self.shapes.of(number)
            if number in self.values and agrees(promised, self.values[number], self.outer):
                continue
            try:
                self.values[number] = made(promised, self.outer)
            except Unmade:
                self.values.setdefault(number, _UNMADE)

    def _add(self, code: str, node: Node, said: str, promised: str) -> None:
        self.found.append(Disagreement(code, node.name, node.span, said, promised, self.outer))


class _Missing(Exception):
    """An operand that neither PyTorch nor the checks could make."""


_UNMADE = object()


def _report(found: Disagreement, collector: Collector) -> None:
    where = f" for {sizes_text(found.sizes)}" if found.sizes else ""
    version = f"PyTorch {torch.__version__}"
    if found.code == "NS902":
        message = f"{version} refuses `{found.name}`{where}, but the checks accept it"
        notes: tuple[str, ...] = (f"PyTorch says: {found.said}",)
    else:
        message = (
            f"{version} makes {found.said} in `{found.name}`{where}, but the checks promise {found.promised}"
        )
        notes = ()
    help = "please report this, with the spec if you can share it; `netspec doctor` prints the versions"
    collector.add(found.code, message, found.span, notes=notes, help=help)
