"""NS504: a param is declared but no expression mentions it.

Someone who sets it would see no effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics import Collector
from netspec.lints.facts import Facts
from netspec.resolve.program import (
    Argument,
    DictArgument,
    Formula,
    Interpolated,
    Layer,
    ListArgument,
    Module,
    OperandList,
    TensorRef,
    ValueRef,
)


def unused_param(facts: Facts, collector: Collector) -> None:
    module = facts.program.main
    if facts.unread_steps or any(_faulty(layer) for layer in module.layers):
        return
    mentioned = {name for formula in _formulas(module) for name in formula.expression.names}
    for param in module.params:
        if param.name not in mentioned:
            collector.add(
                "NS504",
                f"the param `{param.name}` is never used",
                param.span,
                help=f"write `${param.name}` where its value belongs, or remove it",
            )


def _faulty(layer: Layer) -> bool:
    return layer.faulty or any(_faulty(child) for child in layer.children)


def _formulas(module: Module) -> Iterator[Formula]:
    yield from (let.formula for let in module.lets)
    for each in module.inputs:
        for dimension in each.shape:
            if dimension.size is not None:
                yield from formulas(dimension.size)
    for layer in module.layers:
        yield from _of_layer(layer)
    for call in module.forward:
        keyword = [operand for _, _, operand in call.keyword_operands]
        for operand in (*call.operands, *keyword, *call.arguments.all):
            match operand:
                case ValueRef() | TensorRef():
                    continue
                case OperandList(items=items):
                    for item in items:
                        if not isinstance(item, ValueRef | TensorRef | OperandList):
                            yield from formulas(item)
                case _:
                    yield from formulas(operand)


def _of_layer(layer: Layer) -> Iterator[Formula]:
    for argument in layer.arguments.all:
        yield from formulas(argument)
    for child in layer.children:
        yield from _of_layer(child)


def formulas(argument: Argument) -> Iterator[Formula]:
    """Every expression inside an argument."""
    match argument:
        case Formula():
            yield argument
        case Interpolated(parts=parts):
            yield from (part for part in parts if isinstance(part, Formula))
        case ListArgument(items=items):
            for item in items:
                yield from formulas(item)
        case DictArgument(items=pairs):
            for _, item in pairs:
                yield from formulas(item)
