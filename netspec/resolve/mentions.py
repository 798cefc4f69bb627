"""Which expressions a module holds, and which names forward needs."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.catalog.model import Op
from netspec.resolve.claim_records import Claimed, ClaimedParts
from netspec.resolve.program import (
    Argument,
    Call,
    CountClaim,
    DictArgument,
    FaultyArgument,
    Formula,
    Interpolated,
    IsGiven,
    Item,
    Layer,
    ListArgument,
    Module,
    Operand,
    OperandList,
    OutputClaim,
    Slice,
    StepChoice,
    StepLets,
    StepLoop,
    StepSizes,
    Subscript,
    TensorIndex,
    Turns,
    ValueRef,
    calls_in,
)


def formulas_of_module(module: Module) -> Iterator[Formula]:
    """Every expression of a module."""
    yield from (let.formula for let in module.lets)
    for each in module.inputs:
        for dimension in (size for _, leaf in each.leaves for size in leaf.shape):
            for argument in (dimension.size, dimension.limit):
                if argument is not None:
                    yield from formulas(argument)
    for layer in (*module.layers, *([module.base] if module.base is not None else [])):
        yield from _of_layer(layer)
    if module.repr is not None:
        yield from formulas(module.repr)
    uses = [use for entry in module.init for _, use in entry.tensors]
    for owned in module.owned:
        if owned.shape is not None:
            yield from formulas(owned.shape)
        if owned.steps is not None:
            yield from formulas_of_items(owned.steps.forward)
        uses += [owned.init] if owned.init is not None else []
    for use in uses:
        for argument in use.arguments.all:
            yield from formulas(argument)
    yield from formulas_of_forward(module)
    for claim in module.claims:
        yield from _of_claim(claim)


def _of_claim(claim: OutputClaim | CountClaim) -> Iterator[Formula]:
    if isinstance(claim, CountClaim):
        yield from formulas(claim.bound)
    else:
        yield from _of_claimed(claim.claimed)


def _of_claimed(claimed: Claimed) -> Iterator[Formula]:
    if isinstance(claimed, ClaimedParts):
        for item in claimed.items:
            yield from _of_claimed(item)
        return
    for each in claimed.sizes or ():
        if each.size is not None:
            yield from formulas(each.size)


def formulas_of_forward(module: Module) -> Iterator[Formula]:
    """Every expression of the steps and of what they return."""
    yield from formulas_of_items(module.forward)
    for output in (module.output, module.eval_output):
        yield from output.formulas if output is not None else ()


def formulas_of_items(items: tuple[Item, ...]) -> Iterator[Formula]:
    """Every expression of steps."""
    for item in items:
        match item:
            case Call():
                yield from formulas_of_call(item)
            case StepLoop():
                if item.turns is not None:
                    yield from formulas_of_turns(item.turns)
                if item.repeat is not None:
                    yield from formulas(item.repeat)
                yield from formulas_of_items(item.body)
            case StepChoice():
                if not isinstance(item.when, IsGiven):
                    yield from formulas(item.when)
                yield from formulas_of_items(item.body)
            case StepLets():
                yield from (let.formula for let in item.lets)


def formulas_of_turns(turns: Turns) -> Iterator[Formula]:
    yield from formulas(turns.values)
    yield from (let.formula for let in turns.lets)


def _of_layer(layer: Layer) -> Iterator[Formula]:
    for argument in _arguments_of_layer(layer):
        yield from formulas(argument)
    yield from _lets_of_layer(layer)


def _lets_of_layer(layer: Layer) -> Iterator[Formula]:
    yield from (let.formula for let in layer.turns.lets) if layer.turns is not None else ()
    for child in layer.children:
        yield from _lets_of_layer(child)


def formulas_of_call(call: Call) -> Iterator[Formula]:
    for operand in (*call.operands, *(each for _, _, each in call.keyword_operands), *call.arguments.all):
        yield from formulas(operand)
    for part in call.layer or ():
        if not isinstance(part, str):
            yield from formulas(part)


def values_in(call: Call) -> Iterator[int]:
    """The numbers of the values that a call reads."""
    for operand in (*call.operands, *(each for _, _, each in call.keyword_operands)):
        yield from mentioned(operand)


def asked(item: StepLoop | StepChoice) -> Iterator[int]:
    """The value of which a condition asks whether it is given."""
    if isinstance(item, StepChoice) and isinstance(item.when, IsGiven):
        yield item.when.value


def mentioned(operand: Operand) -> Iterator[int]:
    """The numbers of the values inside an operand."""
    match operand:
        case ValueRef(value=value):
            yield value
        case OperandList(items=items):
            for item in items:
                yield from mentioned(item)


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
        case Subscript(items=parts):
            for part in parts:
                bounds = (part.start, part.stop, part.step) if isinstance(part, Slice) else (part,)
                for bound in bounds:
                    if bound is not None and not isinstance(bound, TensorIndex):
                        yield from formulas(bound)
        case DictArgument(items=pairs):
            for _, item in pairs:
                yield from formulas(item)


def is_readable(module: Module) -> bool:
    """Whether every expression was understood; one that was not may have mentioned any name."""
    shapes = (size for each in module.inputs for _, leaf in each.leaves for size in leaf.shape)
    if module.unread_lets or any(each.kind == "faulty" for each in shapes):
        return False
    return not any(map(_is_faulty, _operands_of_module(module)))


def _operands_of_module(module: Module) -> Iterator[Operand]:
    for layer in (*module.layers, *([module.base] if module.base is not None else [])):
        yield from _arguments_of_layer(layer)
    if module.repr is not None:
        yield module.repr
    for call in calls_in(module.forward):
        yield from (*call.operands, *(each for _, _, each in call.keyword_operands), *call.arguments.all)


def _arguments_of_layer(layer: Layer) -> Iterator[Argument]:
    clauses = (layer.template, layer.when, layer.repeat, layer.turns.values if layer.turns else None)
    yield from (*layer.arguments.all, *(clause for clause in clauses if clause is not None))
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
    return {name for f in formulas_of_forward(module) for name in f.expression.names}


def called_in_forward(module: Module) -> set[str]:
    """The builtin functions that forward's expressions call, and `str` for those inside a text."""
    found = {name for f in formulas_of_forward(module) for name in f.expression.called}
    return found | {"str"} if found or names_in_forward(module) else found


def application_functions(items: tuple[Item, ...]) -> Iterator[str]:
    """The names of the functions of applications that steps call."""
    for item in items:
        match item:
            case Call(op=Op(kind="function", source=source, name=name)) if ":" in source:
                yield name
            case StepLoop(body=body) | StepChoice(body=body):
                yield from application_functions(body)


def params_in_forward(module: Module) -> list[str]:
    """The params and `let` names that forward (or `repr`) needs, in order of declaration."""
    mentioned = names_in_forward(module)
    if module.repr is not None:
        mentioned |= {name for f in formulas(module.repr) for name in f.expression.names}
    declared = [param.name for param in module.params] + [let.name for let in module.lets]
    return [name for name in declared if name in mentioned]


def dimensions_in_forward(module: Module) -> dict[str, str]:
    """The dimensions that forward needs, each with the place to read it: `x.shape[0]`."""
    mentioned = names_in_forward(module)
    found: dict[str, str] = {}
    leaves = (leaf for each in module.inputs if not each.optional for leaf in each.leaves)
    for reached, each in leaves:
        rank = len(each.shape)
        behind = False
        for axis, dimension in enumerate(each.shape):
            behind = behind or dimension.kind == "ellipsis"
            if dimension.kind == "name" and dimension.name in mentioned:
                place = axis - rank if behind else axis
                found.setdefault(dimension.name, f"{reached}.shape[{place}]")
    return found


def turn_variables(items: tuple[Item, ...]) -> set[str]:
    """The `$` names that steps bind: loop variables, sizes, `let` names."""
    found: set[str] = set()
    for item in items:
        if isinstance(item, StepLoop) and item.turns is not None:
            found |= {item.turns.variable, *(let.name for let in item.turns.lets)}
        match item:
            case StepLoop() | StepChoice():
                found |= turn_variables(item.body)
            case StepSizes():
                found |= {name for name in item.names if name is not None}
            case StepLets():
                found |= {let.name for let in item.lets}
    return found
