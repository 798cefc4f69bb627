"""Which expressions a module holds, and which names forward needs."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.resolve.program import (
    Argument,
    Call,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    Layer,
    ListArgument,
    Module,
    Operand,
    OperandList,
)


def formulas_of_module(module: Module) -> Iterator[Formula]:
    """Every expression of a module."""
    yield from (let.formula for let in module.lets)
    for each in module.inputs:
        for dimension in each.shape:
            if dimension.size is not None:
                yield from formulas(dimension.size)
    for layer in module.layers:
        yield from _of_layer(layer)
    for call in module.forward:
        yield from formulas_of_call(call)


def _of_layer(layer: Layer) -> Iterator[Formula]:
    for argument in _arguments_of_layer(layer):
        yield from formulas(argument)


def formulas_of_call(call: Call) -> Iterator[Formula]:
    for operand in (*call.operands, *(each for _, _, each in call.keyword_operands), *call.arguments.all):
        yield from formulas(operand)


def formulas(operand: Operand) -> Iterator[Formula]:
    """Every expression inside an operand or argument."""
    match operand:
        case Formula():
            yield operand
        case Interpolated(parts=parts):
            yield from (part for part in parts if isinstance(part, Formula))
        case ListArgument(items=items):
            for item in items:
                yield from formulas(item)
        case OperandList(items=operands):
            for each in operands:
                yield from formulas(each)
        case DictArgument(items=pairs):
            for _, item in pairs:
                yield from formulas(item)


def is_readable(module: Module) -> bool:
    """Whether every expression was understood; one that was not may have mentioned any name."""
    operands: list[Operand] = [argument for layer in module.layers for argument in _arguments_of_layer(layer)]
    for call in module.forward:
        operands += [*call.operands, *(each for _, _, each in call.keyword_operands), *call.arguments.all]
    shapes = (dimension for each in module.inputs for dimension in each.shape)
    unread = module.unread_lets or any(map(_is_faulty, operands))
    return not unread and not any(each.kind == "faulty" for each in shapes)


def _arguments_of_layer(layer: Layer) -> Iterator[Argument]:
    yield from layer.arguments.all
    for child in layer.children:
        yield from _arguments_of_layer(child)


def _is_faulty(operand: Operand) -> bool:
    match operand:
        case FaultyArgument():
            return True
        case ListArgument(items=items):
            return any(map(_is_faulty, items))
        case OperandList(items=operands):
            return any(map(_is_faulty, operands))
        case DictArgument(items=pairs):
            return any(_is_faulty(item) for _, item in pairs)
    return False


def names_in_forward(module: Module) -> set[str]:
    return {name for call in module.forward for f in formulas_of_call(call) for name in f.expression.names}


def called_in_forward(module: Module) -> set[str]:
    """The builtin functions that forward's expressions call, and `str` for those inside a text."""
    found = {name for call in module.forward for f in formulas_of_call(call) for name in f.expression.called}
    return found | {"str"} if found or names_in_forward(module) else found


def params_in_forward(module: Module) -> list[str]:
    """The params and `let` names that forward needs, in order of declaration."""
    mentioned = names_in_forward(module)
    declared = [param.name for param in module.params] + [let.name for let in module.lets]
    return [name for name in declared if name in mentioned]


def dimensions_in_forward(module: Module) -> dict[str, str]:
    """The dimensions that forward needs, each with the place to read it: `x.shape[0]`."""
    mentioned = names_in_forward(module)
    found: dict[str, str] = {}
    for each in module.inputs:
        rank = len(each.shape)
        behind = False
        for axis, dimension in enumerate(each.shape):
            behind = behind or dimension.kind == "ellipsis"
            if dimension.kind == "name" and dimension.name in mentioned:
                place = axis - rank if behind else axis
                found.setdefault(dimension.name, f"{each.name}.shape[{place}]")
    return found
