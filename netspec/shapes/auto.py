"""`auto`: which numbers, or formulas over params, stand for it.

For the params at hand inference gives a number. Where the class has integer params, inference runs
once more with symbols for them, so that the generated class is right for other params too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from netspec.diagnostics import Collector, Span
from netspec.graph.elaborate import elaborate
from netspec.graph.ir import Graph, ModuleNode, Node
from netspec.resolve.params import misfit
from netspec.resolve.program import Program
from netspec.shapes.call import AUTO
from netspec.shapes.dims import Dim, dim, symbol
from netspec.shapes.infer import Shapes, infer
from netspec.shapes.values import Unknown

_MOST_ITEMS = 8

Solved: TypeAlias = dict[tuple[str, ...], dict[str, Dim]]

Solutions: TypeAlias = dict[Span, Dim]
"""What stands for each `auto`, by its place in the text."""


def solve(program: Program, graph: Graph, shapes: Shapes, collector: Collector) -> Solutions:
    """The size of every `auto`; NS306 for those that have none."""
    wanted = [(module, name) for module in graph.leaves.values() for name in _wanted(module)]
    if not wanted:
        return {}
    general = _general(program, graph.params) if program.main.params else shapes.solved
    variants = list(_variants(program, graph.params))
    called = {node.module: node for node in graph.calls if node.module is not None}
    solutions: Solutions = {}
    # Behind an error, values are unknown, and what they leave unsolved is no fault of its own.
    faulty = collector.has_errors
    for module, name in wanted:
        special = shapes.solved.get(module.path, {}).get(name)
        if special is None:
            _report_unsolved(module, name, called.get(module.path), shapes, faulty, collector)
            continue
        formula = general.get(module.path, {}).get(name, special)
        found = _one_formula(formula, special, program, graph.params, module)
        span = module.spans[name]
        if found is None or not _holds(found, module.path, name, program, variants):
            _report_open(module, name, special, collector)
        elif solutions.setdefault(span, found) != found:
            why = f"it would be {solutions[span]} in one place and {found} in another"
            _report(
                module,
                name,
                why,
                collector,
                "give the block a param for it, and write the value where it is used",
            )
    return solutions


def _report_unsolved(
    module: ModuleNode, name: str, node: Node | None, shapes: Shapes, faulty: bool, collector: Collector
) -> None:
    if node is None:
        _report(module, name, "its layer is never called", collector, "call the layer")
    elif _was_checked(node, shapes) or not faulty:
        _report(module, name, "what the layer receives does not say it", collector, "write the value")


def _was_checked(node: Node, shapes: Shapes) -> bool:
    return not any(isinstance(shapes.of(number), Unknown) for number in node.results.flat)


def _wanted(module: ModuleNode) -> list[str]:
    return [name for name, value in (module.settings or {}).items() if value is AUTO]


def _general(program: Program, params: Mapping[str, Any]) -> Solved:
    symbols: dict[str, Any] = {
        param.name: symbol(param.name, 0) if param.type == "int" else params[param.name]
        for param in program.main.params
        if param.name in params
    }
    silent = Collector()
    return infer(elaborate(program, symbols, silent), silent).solved


def _variants(program: Program, params: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Solved]]:
    """Other values of one param at a time for which the network stands, and what `auto` is there."""
    for param in program.main.params:
        for value in _others(params.get(param.name)):
            if misfit(param, value) is None:
                changed = {**params, param.name: value}
                silent = Collector()
                solved = infer(elaborate(program, changed, silent), silent).solved
                if not silent.has_errors:
                    yield changed, solved


def _others(value: object) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value * 2]
        case list() | tuple() if all(type(item) is int for item in value):
            return [[item * 2 if index == at else item for index, item in enumerate(value)]
                    for at in range(min(len(value), _MOST_ITEMS))]  # fmt: skip
    return []


def _holds(
    found: Dim,
    path: tuple[str, ...],
    name: str,
    program: Program,
    variants: list[tuple[dict[str, Any], Solved]],
) -> bool:
    """Whether the formula gives what `auto` is for the other values too."""
    for params, solved in variants:
        there = solved.get(path, {}).get(name)
        if isinstance(there, Dim) and there.value is not None:
            integers = {
                p.name: dim(params[p.name]) for p in program.main.params if type(params.get(p.name)) is int
            }
            if found.substitute(integers).value != there.value:
                return False
    return True


def _one_formula(
    general: Dim, special: Dim, program: Program, params: Mapping[str, Any], module: ModuleNode
) -> Dim | None:
    """The formula over the params of its class that gives the number at hand; None where there is none."""
    if special.value is None:
        return None
    if module.owner != program.main.name:
        # A block knows its own params alone.
        return special if not general.symbols else None
    integers = {p.name: params[p.name] for p in program.main.params if p.type == "int" and p.name in params}
    if {s.name for s in general.symbols} <= set(integers):
        at_hand = general.substitute({name: dim(value) for name, value in integers.items()})
        if at_hand.value == special.value:
            return general
    return None


def _report_open(module: ModuleNode, argument: str, size: Dim, collector: Collector) -> None:
    names = ", ".join(sorted(f"`{s.name}`" for s in size.symbols))
    if names:
        why = f"the size is {size}, which depends on {names}"
        help = "give that dimension a number in `inputs`, or make the size fixed, as `AdaptiveAvgPool2d` does"
    else:
        why = "the size is no formula over the params that holds for all of them"
        help = "write the size as an expression over params"
    _report(module, argument, why, collector, help)


def _report(module: ModuleNode, argument: str, why: str, collector: Collector, help: str) -> None:
    collector.add(
        "NS306",
        f"`auto` for `{argument}` of `{module.name}` cannot be solved: {why}",
        module.spans.get(argument, module.span),
        help=help,
    )
