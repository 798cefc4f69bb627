"""The networks that one spec is: in training and in evaluation, with and without its optional inputs.

Each case has a graph of its own. What is wrong in some cases alone says in which ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from netspec.diagnostics import Collector, Diagnostic
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph
from netspec.graph.verify import verify
from netspec.resolve.program import Program
from netspec.shapes.infer import Shapes, infer

_MOST_COMBINED = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One mode, `without` some of the optional inputs."""

    training: bool
    without: frozenset[str]


def check_cases(
    program: Program, values: Mapping[str, Any], collector: Collector
) -> tuple[tuple[Graph, Shapes], ...]:
    """The graph and shapes of each case; the first is that of training with every input given."""
    modes = (True, False) if any(module.has_modes for module in program.modules) else (True,)
    optional = [each.name for each in program.main.inputs if each.optional and not each.faulty]
    # A name or condition that was reported may be what keeps None away from an op.
    left_out = [frozenset[str]()] if collector.has_errors else list(_left_out(optional))
    found, results = [], []
    for training, without in itertools.product(modes, left_out):
        own = collector.apart()
        graph = elaborate(program, values, own, training=training, without=without)
        for problem in verify(graph):
            own.add("NS901", f"netspec contradicts itself: {problem}", graph.span, help="please report this")
        results.append((graph, infer(graph, own)))
        found.append((Case(training, without), own.diagnostics))
    for diagnostic in _merged(found, optional):
        collector.include(diagnostic)
    return tuple(results)


def _left_out(optional: list[str]) -> Iterator[frozenset[str]]:
    """Which inputs to leave out: every combination of a few; of many none, each, all but each, and all."""
    every = frozenset(optional)
    sizes = range(len(optional) + 1)
    combined = (frozenset(each) for size in sizes for each in itertools.combinations(optional, size))
    if len(optional) <= _MOST_COMBINED:
        yield from combined
        return
    yield frozenset()
    yield from (frozenset((name,)) for name in optional)
    yield from (every - {name} for name in optional)
    yield every


def _merged(found: list[tuple[Case, tuple[Diagnostic, ...]]], optional: list[str]) -> Iterator[Diagnostic]:
    """Each finding once; one that does not hold with and without an input says where it does."""
    cases: dict[tuple[str, int, str, str], list[Case]] = {}
    first: dict[tuple[str, int, str, str], Diagnostic] = {}
    for case, diagnostics in found:
        for each in diagnostics:
            cases.setdefault(each.sort_key, []).append(case)
            first.setdefault(each.sort_key, each)
    for key, diagnostic in first.items():
        note = _note([case.without for case in cases[key]], optional)
        yield replace(diagnostic, notes=(*diagnostic.notes, note)) if note else diagnostic


def _note(cases: list[frozenset[str]], optional: list[str]) -> str:
    """`only where `mask` is not given`; nothing where it makes no difference."""
    always = [name for name in optional if all(name not in case for case in cases)]
    never = [name for name in optional if all(name in case for case in cases)]
    parts = [f"`{name}` is given" for name in always] + [f"`{name}` is not given" for name in never]
    return f"only where {' and '.join(parts)}" if parts else ""
