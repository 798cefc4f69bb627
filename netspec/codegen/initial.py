"""The module's own tensors, and `init`: the statements at the end of `__init__`."""

from __future__ import annotations

from netspec.codegen.access import access
from netspec.codegen.forward import computation
from netspec.codegen.layout import INDENT, call_text, indented
from netspec.codegen.spelling import Spelling, attribute, literal
from netspec.resolve.mentions import formulas
from netspec.resolve.program import InitEntry, InitUse, Module, OwnedTensor, TensorRef


def owned(module: Module, spelling: Spelling) -> list[str]:
    """Registers parameters and buffers, and fills each at once."""
    lines = []
    for each in module.owned:
        if each.steps is not None:
            lines += _computed(each, each.steps, module, spelling)
            continue
        lines.append(_registration(each, spelling))
        if each.init is not None:
            lines.append(_fill(each.init, f"self.{each.name}", spelling))
    return lines


def _computed(each: OwnedTensor, steps: Module, module: Module, spelling: Spelling) -> list[str]:
    """The steps as statements, and the registration of what they compute."""
    taken = {param.name for param in module.params} | {let.name for let in module.lets}
    lines, text = computation(steps, spelling, taken)
    return [*lines, _registered(each, text, spelling)]


def _registered(each: OwnedTensor, made: str, spelling: Spelling) -> str:
    if each.kind == "parameter":
        return f"self.{each.name} = {spelling.op('nn.Parameter')}({made})"
    persistent = [] if each.persistent else ["persistent=False"]
    return call_text("self.register_buffer", [literal(each.name), made, *persistent])


def _registration(each: OwnedTensor, spelling: Spelling) -> str:
    assert each.shape is not None
    sizes = [spelling.argument(item) for item in each.shape.items] or ["()"]
    if each.dtype != "float32":
        sizes.append(f"dtype={spelling.imported('torch')}.{each.dtype}")
    # What `init` fills later needs no values now; buffers start from zeros.
    maker = "empty" if each.init is not None or each.kind == "parameter" else "zeros"
    made = call_text(f"{spelling.imported('torch')}.{maker}", sizes)
    return _registered(each, made, spelling)


def _fill(use: InitUse, tensor: str, spelling: Spelling) -> str:
    arguments = [spelling.argument(each) for each in use.arguments.positional]
    arguments += [f"{name}={spelling.argument(each)}" for name, _, each in use.arguments.keywords]
    return call_text(spelling.op(use.op.source), [tensor, *arguments])


def finish(module: Module, spelling: Spelling) -> list[str]:
    """`init` and `tie`, in the order in which the spec has them."""
    parts = [initial(module, spelling), ties(module, spelling)]
    if module.ties_first:
        parts.reverse()
    return [*parts[0], *parts[1]]


def ties(module: Module, spelling: Spelling) -> list[str]:
    """`self.head.weight = self.embed.weight`."""

    def text(tensor: TensorRef) -> str:
        return f"{access(tensor.path, module.layers, spelling)}.{attribute(tensor.tensor)}"

    return [f"{text(tie.target)} = {text(tie.source)}" for tie in module.ties]


def initial(module: Module, spelling: Spelling) -> list[str]:
    """`init`: one walk over the modules; of the entries that match a tensor, the last one counts."""
    own = {each.name for each in module.owned}
    lines = [
        line
        for entry in module.init
        if entry.key in own
        for _, use in entry.tensors
        for line in [_fill(use, f"self.{entry.key}", spelling)]
    ]
    walked = [entry for entry in module.init if entry.key not in own]
    if not walked:
        return lines
    by_path = any(entry.op is None and entry.key != "**" for entry in walked)
    head = "for name, module in self.named_modules():" if by_path else "for module in self.modules():"
    tensors = dict.fromkeys(tensor for entry in walked for tensor, _ in entry.tensors)
    body = [line for tensor in tensors for line in _chain(tensor, walked, spelling)]
    return [*lines, head, *(indented(line) for line in body)]


def _chain(tensor: str, walked: list[InitEntry], spelling: Spelling) -> list[str]:
    """`if` and `elif` for one tensor, the entry that counts first."""
    lines: list[str] = []
    word = "if"
    attribute(tensor)
    for entry in reversed(walked):
        uses = [use for name, use in entry.tensors if name == tensor]
        if not uses:
            continue
        condition = _matches(entry, spelling)
        lines.append(f"{word} {' and '.join([*condition, *_guard(entry, tensor)])}:")
        if _needs_fans(uses[-1]):
            names = f"{spelling.op('nn.init._calculate_fan_in_and_fan_out')}(module.{tensor})"
            lines.append(f"{INDENT}fan_in, fan_out = {names}")
        lines.append(indented(_fill(uses[-1], f"module.{tensor}", _with_fans(spelling))))
        word = "elif"
    return lines


def _with_fans(spelling: Spelling) -> Spelling:
    return spelling.with_names({**spelling.names, "fan_in": "fan_in", "fan_out": "fan_out"})


def _needs_fans(use: InitUse) -> bool:
    names = {n for each in use.arguments.all for f in formulas(each) for n in f.expression.names}
    return bool(names & {"fan_in", "fan_out"})


def _guard(entry: InitEntry, tensor: str) -> list[str]:
    """What else must hold: a layer may be built without its bias, and a path can lead to any layer."""
    if "*" in entry.key:
        return [f"getattr(module, {literal(tensor)}, None) is not None"]
    always = tensor == "weight" and not (entry.op is not None and "Norm" in entry.op.name)
    return [] if always else [f"module.{tensor} is not None"]


def _matches(entry: InitEntry, spelling: Spelling) -> list[str]:
    if entry.op is not None:
        return [f"isinstance(module, {spelling.op(entry.op.source)})"]
    if entry.key == "**":
        return []
    if "*" not in entry.key:
        return [f"name == {literal(entry.key)}"]
    return [f"{spelling.imported('re')}.fullmatch({_pattern(entry.key)}, name)"]


def _pattern(path: str) -> str:
    """`*` is one component, `**` any number of them."""
    text = ""
    for index, part in enumerate(path.split(".")):
        dot = r"\." if index else ""
        if part == "**":
            text += rf"({dot}[^.]+)*" if index else r"([^.]+\.)*[^.]+"
        else:
            text += dot + part.replace("*", "[^.]+").replace("-", r"\-")
    return f'r"{text}"'
