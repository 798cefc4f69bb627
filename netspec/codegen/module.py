"""A whole module of source: imports, the class, its `__init__` and its `forward`."""

from __future__ import annotations

from netspec.catalog.model import REQUIRED
from netspec.codegen.calls import CallText
from netspec.codegen.layers import Solved, access, statement
from netspec.codegen.layout import INDENT, WIDTH, indented
from netspec.codegen.spelling import IMPORTS, Spelling, free, literal, printable
from netspec.codegen.variables import Variables
from netspec.document.words import MODULE_ATTRIBUTES
from netspec.resolve.mentions import called_in_forward, dimensions_in_forward, params_in_forward
from netspec.resolve.program import Call, Layer, Module, Names, Param, Program, ValueRef

_TYPES = {"list": "list", "shape": "list[int]"}


def generate(program: Program, solved: Solved) -> str:
    """The source of the module that a spec describes. `solved` has the sizes for each `auto`."""
    module = program.main
    arguments = {param.name for param in module.params} | {let.name for let in module.lets}
    arguments |= {each.name for each in module.inputs}
    spelling = Spelling(frozenset({module.name, *arguments}))
    body = [*_docstring(module.doc), *_init(module, spelling, solved), "", *_forward(module, spelling)]
    base = spelling.op("nn.Module")
    text = "\n".join([f"class {module.name}({base}):", *(indented(line) for line in body)])
    return "\n".join(spelling.import_lines()) + f"\n\n\n{text}\n"


def _docstring(doc: str | None) -> list[str]:
    if not doc:
        return []
    text = doc.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = "\n".join(map(printable, text.split("\n")))
    if "\n" in text:
        return [f'"""{text}\n"""', ""]
    before = text.removesuffix('"')
    backslashes = len(before) - len(before.rstrip("\\"))
    if before != text and backslashes % 2 == 0:
        # A quote at the end would join the three that close the text.
        text = f'{before}\\"'
    return [f'"""{text}"""', ""]


def _init(module: Module, spelling: Spelling, solved: Solved) -> list[str]:
    parameters = ["self", *(_parameter(param) for param in module.params)]
    names = {param.name: param.name for param in module.params} | {let.name: let.name for let in module.lets}
    inside = spelling.with_names(names)
    lines = [_signature("__init__", parameters), f"{INDENT}super().__init__()"]
    lines += [f"{INDENT}{let.name} = {inside.formula(let.formula)}" for let in module.lets]
    lines += [f"{INDENT}self.{attribute} = {name}" for name, attribute in kept_names(module).items()]
    lines += [indented(statement(layer, inside, solved)) for layer in module.layers]
    return lines


def _signature(name: str, parameters: list[str]) -> str:
    flat = f"def {name}({', '.join(parameters)}):"
    if len(flat) + len(INDENT) <= WIDTH:
        return flat
    inner = "".join(f"{INDENT}{parameter},\n" for parameter in parameters)
    return f"def {name}(\n{inner}):"


def _parameter(param: Param) -> str:
    annotated = f"{param.name}: {_TYPES.get(param.type, param.type)}"
    if param.default is REQUIRED:
        return annotated
    return f"{annotated} = {literal(param.default)}"


def kept_names(module: Module) -> dict[str, str]:
    """The attributes under which forward finds params: their names, unless a layer has that."""
    taken = {layer.name for layer in module.layers} | MODULE_ATTRIBUTES
    found: dict[str, str] = {}
    for name in params_in_forward(module):
        found[name] = free(name, taken)
        taken.add(found[name])
    return found


def _forward(module: Module, spelling: Spelling) -> list[str]:
    dimensions = dimensions_in_forward(module)
    names = {name: f"self.{attribute}" for name, attribute in kept_names(module).items()}
    inputs = {each.name for each in module.inputs}
    reserved = {"self", "getattr", *map(spelling.alias, IMPORTS), *called_in_forward(module)}
    spelled: dict[str, str] = {}
    for name in dimensions:
        spelled[name] = free(name, inputs | reserved)
        reserved.add(spelled[name])
    inside = spelling.with_names({**names, **spelled})
    variables = Variables(module, frozenset(reserved))
    calls = CallText(module, variables, inside)
    lines = [_signature("forward", ["self", *(each.name for each in module.inputs)])]
    lines += [f"{INDENT}{spelled[name]} = {place}" for name, place in dimensions.items()]
    last = _returned_call(module)
    for call in module.forward:
        if call is not last:
            lines += [indented(line) for line in _assignment(call, calls, module)]
    lines.append(indented(f"return {_returned(module, calls, last)}"))
    return lines


def _assignment(call: Call, calls: CallText, module: Module) -> list[str]:
    target = _target(call.results, calls.variables)
    layer = module.layer(call.layer) if call.layer is not None else None
    if layer is not None and layer.container == "ModuleList":
        return _loop(call, layer, target, calls, module)
    return [f"{target} = {calls.expression(call)}"]


def _loop(call: Call, layer: Layer, target: str, calls: CallText, module: Module) -> list[str]:
    """A list of layers, applied in order."""
    operands = [calls.operand(each) for each in call.operands]
    extra = [*operands[1:], *(f"{name}={calls.operand(each)}" for name, _, each in call.keyword_operands)]
    assert call.layer is not None
    variable = free("layer", {*calls.variables.of.values(), *calls.variables.reserved})
    lines = [] if target == operands[0] else [f"{target} = {operands[0]}"]
    lines.append(f"for {variable} in {access(call.layer, module.layers)}:")
    lines.append(f"{INDENT}{target} = {variable}({', '.join([target, *extra])})")
    return lines


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


def _returned_call(module: Module) -> Call | None:
    """The last call, where its one result is returned and so needs no variable."""
    if module.output is None or module.output.kind != "single" or not module.forward:
        return None
    last = module.forward[-1]
    layer = module.layer(last.layer) if last.layer is not None else None
    if last.results.unpack or (layer is not None and layer.container == "ModuleList"):
        return None
    (_, ref) = module.output.items[0]
    unnamed = module.values[ref.value].name is None
    return last if last.results.values == (ref.value,) and unnamed else None


def _returned(module: Module, calls: CallText, last: Call | None) -> str:
    if last is not None:
        return calls.expression(last)
    assert module.output is not None

    def text(ref: ValueRef) -> str:
        return calls.variables.of[ref.value]

    items = module.output.items
    match module.output.kind:
        case "single":
            return text(items[0][1])
        case "tuple":
            texts = [text(ref) for _, ref in items]
            return f"({texts[0]},)" if len(texts) == 1 else ", ".join(texts) or "()"
        case "dict":
            return "{" + ", ".join(f"{literal(key)}: {text(ref)}" for key, ref in items) + "}"
