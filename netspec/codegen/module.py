"""A whole module of source: imports, then each class with its `__init__` and its `forward`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from netspec.catalog.model import REQUIRED
from netspec.codegen.constructors import op_default
from netspec.codegen.forward import forward, kept_names, signature
from netspec.codegen.initial import finish, owned
from netspec.codegen.layers import arguments_text, filled, is_attribute, statements
from netspec.codegen.layout import INDENT, WIDTH, broken, call_text, indented
from netspec.codegen.spelling import Spelling, literal, printable, tuple_text
from netspec.diagnostics import Span
from netspec.errors import NetspecError
from netspec.resolve.program import Layer, Module, Output, Param, Program, ValueInfo
from netspec.shapes.dims import Dim


@dataclass(frozen=True, slots=True)
class Part:
    """One spec: `solved` has the size for each `auto`, `comments` what to say of values."""

    program: Program
    solved: Mapping[Span, Dim]
    comments: Mapping[ValueInfo, str] = field(default_factory=dict)


def generate(program: Program, solved: Mapping[Span, Dim]) -> str:
    """The source of the module that a spec describes."""
    return generate_all((Part(program, solved),))


def generate_all(parts: Sequence[Part]) -> str:
    """One module with the classes of several specs, each after those that it uses. A class that several
    specs have stands there once; NetspecError where it is not the same in all of them."""
    modules = [module for part in parts for module in part.program.modules]
    taken = frozenset(name for module in modules for name in _names(module))
    used: set[str] = set()
    classes: dict[str, tuple[str, Part]] = {}
    for part in parts:
        spelling = Spelling(taken, part.program.catalog, part.solved, used=used, comments=part.comments)
        for name, text in _classes(part.program, spelling):
            known = classes.setdefault(name, (text, part))
            if known[0] != text:
                _refuse(name, known[1], part)
    imports = "\n".join(Spelling(taken, parts[0].program.catalog, used=used).import_lines())
    return imports + "\n\n\n" + "\n\n\n".join(text for text, _ in classes.values()) + "\n"


def _classes(program: Program, spelling: Spelling) -> Iterator[tuple[str, str]]:
    """The names that a spec defines, and their source: named tuples first."""
    named = {each.class_name: each for m in program.modules for each in _named_tuples(m)}
    yield from ((name, _named_tuple(each, spelling)) for name, each in named.items())
    yield from ((module.name, _class(module, spelling)) for module in program.modules)


def _refuse(name: str, one: Part, other: Part) -> NoReturn:
    raise NetspecError(
        f"the class {name} is not the same in {one.program.path} and {other.program.path}, and one module "
        "holds it once: rename one of the two, or compile them one by one"
    )


def _named_tuples(module: Module) -> Iterator[Output]:
    for output in (module.output, module.eval_output):
        yield from _inside(output) if output is not None else ()


def _inside(output: Output) -> Iterator[Output]:
    if output.kind == "namedtuple":
        yield output
    for _, item in output.items:
        if isinstance(item, Output):
            yield from _inside(item)


def _named_tuple(output: Output, spelling: Spelling) -> str:
    fields = ", ".join(literal(key) for key, _ in output.items)
    maker = spelling.imported("namedtuple")
    return f"{output.class_name} = {maker}({literal(output.class_name)}, [{fields}])"


def _names(module: Module) -> set[str]:
    """The names that the text of a class makes: its own, its arguments, its variables."""
    found = {module.name, *(param.name for param in module.params), *(let.name for let in module.lets)}
    return found | {each.name for each in module.inputs}


def _class(module: Module, spelling: Spelling) -> str:
    lists = frozenset(param.name for param in module.params if param.type in ("list", "shape"))
    own = replace(spelling, lists=lists)
    body = [*_docstring(module.doc), *_init(module, own)]
    if not module.inherits:
        body += ["", *forward(module, own)]
    body += _printing(module, own)
    base = spelling.op(module.extended.source if module.extended else f"nn.{module.container or 'Module'}")
    return "\n".join([f"class {module.name}({base}):", *(indented(line) for line in body)])


def _printing(module: Module, spelling: Spelling) -> list[str]:
    """What `print` shows in place of the class's name, and in its brackets."""
    lines = []
    if module.printed is not None:
        lines += ["", "def _get_name(self):", f"{INDENT}return {literal(module.printed)}"]
    if module.repr is not None:
        names = {name: f"self.{attribute}" for name, attribute in kept_names(module).items()}
        text = spelling.with_names(names).argument(module.repr)
        lines += ["", "def extra_repr(self):", f"{INDENT}return {text}"]
    return lines


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


def _init(module: Module, spelling: Spelling) -> list[str]:
    parameters = ["self", *(_parameter(param, spelling) for param in module.params)]
    names = {param.name: param.name for param in module.params} | {let.name: let.name for let in module.lets}
    inside = spelling.with_names(names)
    lets = [f"{let.name} = {inside.formula(let.formula)}" for let in module.lets]
    kept = [f"self.{attribute} = {name}" for name, attribute in kept_names(module).items()]
    if module.base is None:
        start, layers = ["super().__init__()", *lets], module.layers
    else:
        # Members that are not kept are built between the others, so each has a line of its own.
        at_once = module.container != "" and not any(layer.discarded for layer in module.layers)
        start = [*lets, _base(module.base, module.layers if at_once else (), inside)]
        layers = () if at_once else module.layers
    parts = [statements(layers, inside), owned(module, inside)]
    if module.owned_first:
        parts.reverse()
    body = [*start, *kept, *parts[0], *parts[1], *finish(module, inside), *_deletions(module)]
    return [
        signature("__init__", parameters),
        *(indented(line) for text in body for line in text.split("\n")),
    ]


def _deletions(module: Module) -> list[str]:
    """Without the layers that are built for their random numbers alone."""
    names = [layer.label for layer in module.layers if layer.discarded]
    comment = ["# Built for the random numbers that they draw, and no part of the module."] if names else []
    return comment + [
        f"del self.{name}" if is_attribute(name) else f"delattr(self, {literal(name)})" for name in names
    ]


def _base(base: Layer, layers: tuple[Layer, ...], spelling: Spelling) -> str:
    """The call of the base's `__init__`: with its members, or with its arguments."""
    if base.container is not None:
        return filled("super().__init__", replace(base, children=layers), spelling)
    return call_text("super().__init__", arguments_text(base, spelling))


def _parameter(param: Param, spelling: Spelling) -> str:
    if param.type == "op":
        if param.default is REQUIRED:
            return param.name
        return f"{param.name}={op_default(param.default, spelling, spelling.catalog)}"
    kind = param.type
    if kind in ("list", "shape"):
        kind = spelling.imported("Sequence") + ("[int]" if kind == "shape" else "")
    annotated = f"{param.name}: {kind}"
    if param.default is REQUIRED:
        return annotated
    if not isinstance(param.default, list):
        return f"{annotated} = {literal(param.default)}"
    # A tuple, since a list as a default would be shared by all instances.
    items = [literal(each) for each in param.default]
    flat = f"{annotated} = {tuple_text(items)}"
    return flat if len(flat) + 2 * len(INDENT) < WIDTH else f"{annotated} = {broken('', items)}"
