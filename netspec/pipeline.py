"""The stages, in order: text -> nodes -> Program -> Graph -> shapes -> diagnostics.

`check(source, params)` runs them all and returns everything it learnt. Nothing raises from the
middle: a stage that cannot go on leaves its result and those behind it empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from netspec.catalog import registered
from netspec.catalog.load import ops
from netspec.diagnostics import Collector, Diagnostic, Source, Span, Stopped, Trial
from netspec.diagnostics.suppress import suppress
from netspec.files import open_file, project_root
from netspec.graph.ir import Graph
from netspec.lints import COMPANY_CODES, FLOW_LINTS, LINTS, Facts, without_consequences
from netspec.mending import mend
from netspec.report import Report
from netspec.resolve.library import Library
from netspec.resolve.module import resolve
from netspec.resolve.params import values_of
from netspec.resolve.program import Program
from netspec.shapes.auto import Solutions, solve
from netspec.shapes.cases import check_cases
from netspec.shapes.infer import Shapes
from netspec.shapes.initial import check_init
from netspec.shapes.ties import check_ties
from netspec.shapes.totals import check_totals
from netspec.shapes.typical import check_typical
from netspec.syntax import Document, kind_of, read
from netspec.syntax import Mapping as MappingNode
from netspec.syntax.slips import mend_slip


@dataclass(frozen=True)
class Checked:
    """A text after all stages; what a stage could not make is None."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    document: Document | None = None
    program: Program | None = None
    params: Mapping[str, Any] | None = None
    graph: Graph | None = None
    shapes: Shapes | None = None
    solved: Solutions | None = None
    used: tuple[Document, ...] = ()
    asks_applications: bool = False
    """Whether the outcome depends on the ops that applications have registered."""

    @property
    def report(self) -> Report:
        return Report((self.source.path,), self.diagnostics)

    @cached_property
    def python(self) -> str:
        """The generated source; only for a text without errors."""
        # Checking alone has no use for the generator.
        from netspec.codegen import generate

        assert self.program is not None
        return generate(self.program, self.solved or {})


def check(source: Source, params: Mapping[str, Any] | None = None) -> Checked:
    """Run every stage on a text, for the params given (defaults for the rest)."""
    checked = _run(source, params)

    def found(text: Source) -> list[Diagnostic]:
        # Which layers stand together says nothing against an edit; a result left unused does.
        return [each for each in _run(text, params).diagnostics if each.code not in COMPANY_CODES]

    slip = mend_slip(checked.diagnostics, source, found)
    if slip is not None:
        return replace(checked, diagnostics=(slip,))
    mended = _mended(checked, params)
    return checked if mended is None else replace(checked, diagnostics=(mended,))


def _mended(checked: Checked, params: Mapping[str, Any] | None) -> Diagnostic | None:
    """The one mistake behind the errors, where a small change takes them all away."""
    if checked.document is None or not checked.report.errors:
        return None
    known = {(each.code, each.message) for each in checked.diagnostics}

    def is_right(text: Source) -> bool:
        try:
            found = _run(text, params, Trial()).diagnostics
        except Stopped:
            return False
        return all(
            each.severity == "info" or each.code in COMPANY_CODES or (each.code, each.message) in known
            for each in found
        )

    with registered.importing_nothing():
        return mend(checked.diagnostics, checked.document, is_right, _trials(checked))


def _trials(checked: Checked) -> int:
    """How many changes to try: so many that it takes a fraction of a second."""
    documents = [each for each in (checked.document, *checked.used) if each is not None]
    work = sum(len(each.source.line_starts) for each in documents)
    work += len(checked.graph.nodes) if checked.graph is not None else 0
    return min(_MOST_TRIALS, _MOST_WORK // work)


_MOST_TRIALS = 40
_MOST_WORK = 5_000  # lines read and steps checked


def _run(source: Source, params: Mapping[str, Any] | None, collector: Collector | None = None) -> Checked:
    collector = Collector() if collector is None else collector
    asked = registered.questions()
    document = read(source, collector)
    program = graph = shapes = solved = values = None
    used: tuple[Document, ...] = ()
    if document is not None and _is_mapping(document, collector):
        assert isinstance(document.root, MappingNode)
        library = Library(ops(), collector, open_file, project_root(source.path))
        program = resolve(document.root, library, collector)
        used = tuple(library.documents)
    if program is not None:
        values = values_of(program.main.params, params or {}, collector, program.main.span)
    if program is not None and values is not None:
        cases = check_cases(program, values, collector)
        graph, shapes = cases[0]
        solved = solve(program, graph, shapes, collector)
        check_init(program, graph, shapes, collector)
        check_ties(graph, shapes, collector)
        check_totals(program, graph, shapes, collector)
        for each_graph, each_shapes in cases:
            check_typical(each_graph, each_shapes, collector)
        graphs = tuple(each for each, _ in cases)
        facts = Facts(program, graphs, shapes, (document, *used) if document is not None else ())
        # Where something is wrong, what flows where may be its consequence.
        for lint in LINTS if collector.has_errors else (*LINTS, *FLOW_LINTS):
            lint(facts, collector)
    diagnostics = without_consequences(collector.diagnostics)
    for each in (document, *used) if document is not None else ():
        diagnostics = suppress(diagnostics, each.source, each.is_comment)
    asks = registered.questions() != asked
    return Checked(source, diagnostics, document, program, values, graph, shapes, solved, used, asks)


def _is_mapping(document: Document, collector: Collector) -> bool:
    root = document.root
    if isinstance(root, MappingNode):
        return True
    collector.add(
        "NS101",
        f"a spec is a mapping with `netspec: 1` at the top, but this file holds {kind_of(root)}",
        Span(root.span.source, root.span.start, min(root.span.end, root.span.start + 1)),
        help="begin the file with `netspec: 1`, then `name:`, `inputs:`, `layers:` and `forward:`",
    )
    return False
