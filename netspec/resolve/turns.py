"""`for` and its `let`: the variable, its values, and the names over it."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import Collector
from netspec.document.records import Clauses
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_argument
from netspec.resolve.params import read_lets
from netspec.resolve.program import FaultyArgument, Turns
from netspec.resolve.scope import Scope
from netspec.syntax import Entry, Mapping


def read_turns(clauses: Clauses, scope: Scope, collector: Collector) -> tuple[Turns | None, Scope]:
    """The `for` of a layer or step, and the scope with its names; None where there is none."""
    if clauses.loop is None:
        if clauses.let is not None:
            collector.add(
                "NS102", "`let` beside an op needs a `for`", clauses.let.key.span, help="move it to the top"
            )
            scope = replace(scope, incomplete=True)
        return None, scope
    match clauses.loop.value:
        case Mapping(entries=(entry,)) if is_identifier(entry.name):
            return _turns(entry, clauses, scope, collector)
    collector.add(
        "NS104",
        "`for` is one variable with its values",
        clauses.loop.key.span,
        help="write `for: {i: 4}`, `for: {i: [a, b]}` or `for: {i: $(range(1, n))}`",
    )
    span = clauses.loop.key.span
    return Turns("_", FaultyArgument(span), span), replace(scope, incomplete=True)


def _turns(entry: Entry, clauses: Clauses, scope: Scope, collector: Collector) -> tuple[Turns | None, Scope]:
    if entry.name in scope.names:
        collector.add(
            "NS107",
            f"`${entry.name}` is declared twice",
            entry.key.span,
            help="give the variable another name",
        )
    values = read_argument(entry.value, scope, collector)
    scope = scope.with_names((entry.name,), "loop")
    lets, scope = read_lets(_mapping(clauses.let, collector), scope, collector)
    return Turns(entry.name, values, entry.key.span, lets), scope


def _mapping(entry: Entry | None, collector: Collector) -> Mapping | None:
    if entry is None or isinstance(entry.value, Mapping):
        return None if entry is None else entry.value  # type: ignore[return-value]
    collector.add(
        "NS104", "`let` is a mapping from name to expression", entry.key.span, help="write `let: {n: $(...)}`"
    )
    return None
