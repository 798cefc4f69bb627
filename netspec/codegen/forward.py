"""Steps -> the statements of `forward`: assignments, loops and conditions."""

from __future__ import annotations

from netspec.catalog.language import APPEND, ASSIGN
from netspec.codegen.access import Reached
from netspec.codegen.calls import CallText
from netspec.codegen.layout import INDENT, WIDTH, call_text, indented
from netspec.codegen.repetition import condition_text, iterable_text
from netspec.codegen.spelling import IMPORTS, Spelling, free, literal, tuple_text
from netspec.codegen.variables import Variables
from netspec.document.words import MODULE_ATTRIBUTES
from netspec.resolve.mentions import (
    application_functions,
    called_in_forward,
    dimensions_in_forward,
    params_in_forward,
    turn_variables,
)
from netspec.resolve.program import (
    NOTHING,
    Call,
    Input,
    IsGiven,
    Item,
    Module,
    Names,
    Output,
    StepChoice,
    StepLets,
    StepLoop,
    StepSizes,
    entries,
)


def forward(module: Module, spelling: Spelling) -> list[str]:
    """The lines of the method."""
    dimensions = dimensions_in_forward(module)
    names = {name: f"self.{attribute}" for name, attribute in kept_names(module).items()}
    inputs = {each.name for each in module.inputs}
    integers = {each.name: each.name for each in module.inputs if each.integers is not None}
    imported = map(spelling.alias, (*IMPORTS, *application_functions(module.forward)))
    reserved = {"self", "getattr", *imported, *called_in_forward(module)}
    spelled: dict[str, str] = {}
    for name in dimensions:
        spelled[name] = free(name, inputs | reserved)
        reserved.add(spelled[name])
    inside = spelling.with_names({**names, **integers, **spelled, "training": "self.training"})
    variables = Variables(module, frozenset(reserved | turn_variables(module.forward)))
    calls = CallText(module, variables, inside)
    lines = [signature("forward", ["self", *(_parameter(each, spelling) for each in module.inputs)])]
    lines += [f"{INDENT}{spelled[name]} = {place}" for name, place in dimensions.items()]
    last = _returned_call(module, calls)
    items = module.forward[:-1] if last is not None else module.forward
    lines += [indented(line) for line in _statements(items, calls)]
    return lines + [indented(line) for line in _return(module, calls, last)]


def _kind(each: Input, spelling: Spelling) -> str:
    """The type of an argument that is a tensor, or made of tensors."""
    parts = [_kind(part, spelling) for _, part in each.parts]
    if each.structure:
        # TorchScript knows dicts of one type.
        return f"tuple[{', '.join(parts)}]" if each.structure == "tuple" else f"dict[str, {parts[0]}]"
    tensor = f"{spelling.imported('torch')}.Tensor"
    return f"list[{tensor}]" if each.listed else tensor


def _parameter(each: Input, spelling: Spelling) -> str:
    """An argument of forward; TorchScript must be told where it is not just a tensor."""
    told = each.optional or each.listed or each.structure
    kind = _kind(each, spelling) if told else ""
    if each.optional:
        return f"{each.name}: {kind} | None = None"
    if each.integers is None:
        return f"{each.name}: {kind}" if kind else each.name
    return f"{each.name}: " + (f"tuple[{', '.join(['int'] * each.integers)}]" if each.integers else "int")


def computation(steps: Module, spelling: Spelling, taken: set[str]) -> tuple[list[str], str]:
    """Steps that run inside `__init__`, whose own names are `taken`: statements, and the result."""
    reserved = {"self", "getattr", *map(spelling.alias, IMPORTS), *called_in_forward(steps), *taken}
    variables = Variables(steps, frozenset(reserved | turn_variables(steps.forward)))
    calls = CallText(steps, variables, spelling)
    last = _returned_call(steps, calls)
    assert steps.output is not None
    if last is not None:
        return _statements(steps.forward[:-1], calls), calls.expression(last)
    return _statements(steps.forward, calls), calls.operand(next(steps.output.refs))


def signature(name: str, parameters: list[str]) -> str:
    flat = f"def {name}({', '.join(parameters)}):"
    if len(flat) + len(INDENT) <= WIDTH and "\n" not in flat:
        return flat
    inner = "".join(f"{indented(parameter)},\n" for parameter in parameters)
    return f"def {name}(\n{inner}):"


def kept_names(module: Module) -> dict[str, str]:
    """The attributes under which forward finds params: their names, unless a layer has that."""
    taken = {layer.label for layer in (*entries(module.layers), *module.layers)} | MODULE_ATTRIBUTES
    taken |= {owned.name for owned in module.owned}
    if module.extended is not None:
        taken |= module.extended.attributes
    found: dict[str, str] = {}
    for name in params_in_forward(module):
        found[name] = free(name, taken)
        taken.add(found[name])
    return found


def _statements(items: tuple[Item, ...], calls: CallText) -> list[str]:
    lines: list[str] = []
    for item in items:
        calls = calls.inside(_bound(item))
        match item:
            case Call():
                lines += _commented(_assignment(item, calls), item, calls)
            case StepLoop():
                lines += _loop(item, calls)
            case StepChoice():
                lines += _choice(item, calls)
            case StepSizes():
                names = ["_" if name is None else name for name in item.names]
                target = f"{names[0]}," if len(names) == 1 else ", ".join(names)
                lines.append(f"{target} = {calls.operand(item.operand)}.shape")
            case StepLets():
                lines += [f"{let.name} = {calls.spelling.formula(let.formula)}" for let in item.lets]
    return [line for text in lines for line in text.split("\n")]


def _commented(lines: list[str], call: Call, calls: CallText) -> list[str]:
    """With what is to be said of the results behind the last line, which makes them; nothing where that line
    does not make them alone."""
    reached = calls.reached(call)
    found = [calls.comment(number) for number in call.results.flat]
    if call.op in (APPEND, ASSIGN) or (reached is not None and reached.is_list) or not all(found):
        return lines
    return [*lines[:-1], f"{lines[-1]}  # {', '.join(found)}"] if found else lines


def _bound(item: Item) -> dict[str, str]:
    """The `$` names that a step binds for itself and for what follows, as local variables."""
    match item:
        case StepSizes(names=names):
            return {name: name for name in names if name is not None}
        case StepLets(lets=lets):
            return {let.name: let.name for let in lets}
    return {}


def _loop(loop: StepLoop, calls: CallText) -> list[str]:
    of = calls.variables.of
    lines = [
        f"{of[each.after]} = {of[each.before]}" for each in loop.carried if of[each.after] != of[each.before]
    ]
    inside = calls
    heads = []
    if loop.turns is not None:
        heads.append(f"for {loop.turns.variable} in {iterable_text(loop.turns.values, calls.spelling)}:")
        inside = calls.inside({loop.turns.variable: loop.turns.variable})
    if loop.repeat is not None:
        heads.append(f"for _ in range({calls.spelling.argument(loop.repeat)}):")
    body = []
    for let in loop.turns.lets if loop.turns is not None else ():
        body.append(f"{let.name} = {inside.spelling.formula(let.formula)}")
        inside = inside.inside({let.name: let.name})
    body += _statements(loop.body, inside)
    body += [f"{of[each.after]} = {of[each.end]}" for each in loop.carried if of[each.after] != of[each.end]]
    lines += [INDENT * depth + head for depth, head in enumerate(heads)]
    return lines + [indented(line, len(heads)) for line in body or ["pass"]]


def _choice(choice: StepChoice, calls: CallText) -> list[str]:
    of = calls.variables.of
    lines = []
    for each in choice.carried:
        before = "None" if each.before == NOTHING else of[each.before]
        if of[each.after] != before:
            lines.append(f"{of[each.after]} = {before}")
    body = _statements(choice.body, calls)
    body += [
        f"{of[each.after]} = {of[each.end]}" for each in choice.carried if of[each.after] != of[each.end]
    ]
    return [*lines, f"if {_condition(choice, calls)}:", *(indented(line) for line in body or ["pass"])]


def _condition(choice: StepChoice, calls: CallText) -> str:
    if isinstance(choice.when, IsGiven):
        return f"{calls.variables.of[choice.when.value]} is not None"
    return condition_text(choice.when, calls.spelling)


def _assignment(call: Call, calls: CallText) -> list[str]:
    if call.op is APPEND:
        return [f"{calls.operand(call.operands[0])}.append({calls.operand(call.operands[1])})"]
    target = _target(call.results, calls.variables)
    if call.op is ASSIGN:
        return calls.assignment(call, target)
    reached = calls.reached(call)
    if reached is not None and reached.may_be_absent and _can_be_identity(call):
        return _unless_absent(call, target, reached, calls)
    if reached is not None and reached.is_list:
        return _members(call, target, calls)
    return [f"{target} = {calls.expression(call)}"]


def _can_be_identity(call: Call) -> bool:
    """Whether the step could be left out: one value flows in, one out."""
    return len(call.operands) == 1 and not call.keyword_operands and not call.results.unpack


def _unless_absent(call: Call, target: str, reached: Reached, calls: CallText) -> list[str]:
    """An absent layer is None, or a key that is missing, and its step is the identity."""
    operand = calls.operand(call.operands[0])
    lines = [] if operand == target else [f"{target} = {operand}"]
    if reached.is_list:
        loop = _members(call, target, calls)
        # The list is there, and empty, where the layers are not.
        lines += [] if call.collect is None else [loop.pop(0)]
        return [*lines, f"if {calls.callee(call)} is not None:", *map(indented, loop)]
    line = f"{target} = {calls.expression(call)}"
    if reached.container == "ModuleDict":
        return [*lines, f"if {reached.key} in {reached.parent}:", indented(line)]
    callee = calls.callee(call)
    if not callee.startswith("getattr"):
        return [*lines, f"if {callee} is not None:", indented(line)]
    variable = _layer_variable(calls)
    called = line.replace(callee, variable, 1)
    return [*lines, f"{variable} = {callee}", f"if {variable} is not None:", indented(called)]


def _layer_variable(calls: CallText) -> str:
    return free("layer", {*calls.variables.of.values(), *calls.variables.reserved})


def _members(call: Call, target: str, calls: CallText) -> list[str]:
    """A list of layers, applied in order."""
    operands = [calls.operand(each) for each in call.operands]
    extra = [*operands[1:], *calls.arguments(call, None)]
    variable = _layer_variable(calls)
    collected = None if call.collect is None else calls.variables.of[call.collect]
    lines = [] if collected is None else [f"{collected} = []"]
    lines += [] if target == operands[0] else [f"{target} = {operands[0]}"]
    lines.append(f"for {variable} in {calls.callee(call)}:")
    lines.append(f"{INDENT}{target} = {variable}({', '.join([target, *extra])})")
    return lines if collected is None else [*lines, f"{INDENT}{collected}.append({target})"]


def _target(names: Names, variables: Variables) -> str:
    texts = [
        "_"
        if value is None
        else f"({_target(value, variables)})"
        if isinstance(value, Names)
        else variables.of[value]
        for value in names.values
    ]
    return f"{texts[0]}," if names.unpack and len(texts) == 1 else ", ".join(texts)


def _returned_call(module: Module, calls: CallText) -> Call | None:
    """The last call, where its one result is returned and so needs no variable."""
    if module.output is None or module.output.kind != "single" or module.eval_output or not module.forward:
        return None
    last = module.forward[-1]
    if not isinstance(last, Call) or last.op is ASSIGN:
        return None
    reached = calls.reached(last)
    plain = reached is None or not (reached.is_list or reached.may_be_absent)
    ref = next(module.output.refs)
    named = module.values[ref.value].name is not None if ref.value >= 0 else True
    return last if plain and not named and last.results == Names((ref.value,), unpack=False) else None


def _return(module: Module, calls: CallText, last: Call | None) -> list[str]:
    if last is not None:
        return _commented([f"return {calls.expression(last)}"], last, calls)
    assert module.output is not None
    if module.eval_output is None:
        return [f"return {_returned(module.output, calls, bare=True)}"]
    training = indented(f"return {_returned(module.output, calls, bare=True)}")
    return ["if self.training:", training, f"return {_returned(module.eval_output, calls, bare=True)}"]


def _returned(output: Output, calls: CallText, *, bare: bool = False) -> str:
    """The value as Python; a `bare` tuple needs no brackets."""
    items = [
        (key, _returned(item, calls) if isinstance(item, Output) else calls.operand(item))
        for key, item in output.items
    ]
    match output.kind:
        case "single":
            return items[0][1]
        case "tuple":
            text = tuple_text([text for _, text in items]) if items else "()"
            return text[1:-1] if bare and len(items) > 1 else text
        case "dict":
            return "{" + ", ".join(f"{literal(key)}: {text}" for key, text in items) + "}"
        case "namedtuple":
            return call_text(output.class_name, [f"{key}={text}" for key, text in items])
