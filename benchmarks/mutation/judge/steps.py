"""Steps run one after another, each by PyTorch's own function or by the layer that it names."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import torch
import torchvision.ops
from torch import nn
from torch.nn import functional

from benchmarks.mutation.judge.arguments import bound, split, value_of
from benchmarks.mutation.judge.expressions import evaluate
from benchmarks.mutation.judge.layers import holds, turns, with_lets
from benchmarks.mutation.judge.reading import Breach

BESIDE = ("from", "as", "when", "collect")
LOOPS = ("for", "repeat", "when", "let", "steps")
# Functions whose first argument is a list of tensors, and that take all sources as this list.
OF_LISTS = frozenset(
    """cat concat concatenate stack hstack vstack dstack column_stack block_diag meshgrid cartesian_prod
    broadcast_tensors einsum row_stack atleast_1d""".split()
)
RESERVED = frozenset(
    """from as when for repeat collect steps group let given call index assign shape getitem list append
    super""".split()
)
_FACTORIES = frozenset("arange zeros ones full eye linspace empty".split())
NOTHING = object()


def _with_dtype(given: dict[str, Any]) -> dict[str, Any]:
    """`dtype: float32` names a dtype of torch."""
    if isinstance(given.get("dtype"), str):
        return {**given, "dtype": getattr(torch, given["dtype"])}
    return given


class Run:
    """One forward: `module` has the layers, `values` the named values, `names` what `$` means."""

    def __init__(
        self, module: nn.Module, values: dict[str, Any], names: Mapping[str, Any], own: Any = None
    ) -> None:
        self.module = module
        self.own = own
        self.values = values
        self.names: Mapping[str, Any] = {**names, "training": module.training}

    @property
    def device(self) -> torch.device:
        """Where the tensors are: that of the first value."""
        return next(each.device for each in self.values.values() if isinstance(each, torch.Tensor))

    def steps(self, steps: Any, current: Any) -> Any:
        if not isinstance(steps, list):
            raise Breach("steps are a list")
        for step in steps:
            current = self.step(step, current)
        return current

    def step(self, step: Any, current: Any) -> Any:
        match step:
            case str():
                return self.call(step, None, {}, current)
            case {"steps": _}:
                return self.loop(step, current)
            case dict():
                beside = {key: step[key] for key in BESIDE if key in step}
                rest = [(key, value) for key, value in step.items() if key not in beside]
                if len(rest) != 1:
                    raise Breach(f"{step!r} has {len(rest)} ops")
                return self.call(*rest[0], beside, current) if holds(beside, self.names) else current
        raise Breach(f"{step!r} is no step")

    def loop(self, step: Mapping[str, Any], current: Any) -> Any:
        if any(key not in LOOPS for key in step):
            raise Breach(f"{step!r} has other keys than a loop")
        outer = self.names
        for scope in turns(step, outer):
            self.names = scope
            if holds(step, scope):
                current = self.steps(step["steps"], current)
        self.names = outer
        return current

    def call(self, name: str, arguments: Any, beside: Mapping[str, Any], current: Any) -> Any:
        match name:
            case "let":
                self.names = with_lets(arguments, self.names)
                return current
            case "shape":
                return self.sizes(beside, current)
            case "call":
                name, arguments = arguments, None
        if name in _FACTORIES and "from" not in beside:
            positional, given = split(arguments, self.names)
            given = _with_dtype(given)
            return self.named(
                beside.get("as"), getattr(torch, name)(*positional, **given, device=self.device)
            )
        operands, keywords = self.sources(beside.get("from", NOTHING), current)
        result = self.result(str(value_of(name, self.names)), arguments, operands, keywords)
        return self.named(beside.get("as"), result)

    def sizes(self, beside: Mapping[str, Any], current: Any) -> Any:
        operands, _ = self.sources(beside.get("from", NOTHING), current)
        (operand,) = operands
        if len(operand.shape) != len(beside["as"]):
            raise Breach("`shape` names another number of sizes")
        found = {name: size for name, size in zip(beside["as"], operand.shape, strict=True) if name != "_"}
        self.names = {**self.names, **found}
        return current

    def sources(self, source: Any, current: Any) -> tuple[list[Any], dict[str, Any]]:
        match source:
            case list():
                return [self.source(each, current) for each in source], {}
            case dict():
                return [], {key: self.source(each, current) for key, each in source.items()}
        if source is NOTHING:
            return [self.source("_", current)], {}
        return [self.source(source, current)], {}

    def source(self, source: Any, current: Any) -> Any:
        if source == "_":
            if current is NOTHING:
                raise Breach("there is no current value")
            return current
        match source:
            case list():
                return self.steps(source, current)
            case str() if "$" in source:
                return value_of(source, self.names)
            case str() if source in self.values:
                return self.values[source]
            case str():
                return self.tensor(source)
            case int() | float():
                return source
        raise Breach(f"{source!r} is no source")

    def tensor(self, path: str) -> torch.Tensor:
        *parts, name = path.split(".")
        owner: Any = self.module
        for part in parts:
            owner = owner._modules.get(part) if owner is not None else None
        if owner is None or not parts:
            raise Breach(f"no value {path}")
        found = owner._parameters.get(name, owner._buffers.get(name))
        if found is None:
            raise Breach(f"no tensor {path}")
        return found

    def result(self, name: str, arguments: Any, operands: list[Any], keywords: dict[str, Any]) -> Any:
        special = getattr(self, f"do_{name}", None)
        if special is not None:
            return special(arguments, *operands)
        layer = self.layer(name)
        own, given = split(arguments, self.names)
        given = _with_dtype(given)
        if set(given) & set(keywords):
            raise Breach(f"{name}: one argument twice")
        given |= keywords
        if layer is NOTHING:
            return self.function(name, [*operands, *own], given, len(operands))
        if layer is None:
            if len(operands) != 1 or given or own:
                raise Breach(f"{name} is absent")
            return operands[0]
        if isinstance(layer, nn.ModuleList):
            for member in layer:
                operands[0] = member(*operands, *own, **given)
            return operands[0]
        positional, given = bound(layer.forward, [*operands, *own], given, lambda op, _: op)
        return layer(*positional, **given)

    def layer(self, path: str) -> Any:
        """The layer of a path, None where it is absent, NOTHING where no layer has the name."""
        found: Any = self.module
        for index, part in enumerate(path.split(".")):
            if not isinstance(found, nn.Module) or part not in found._modules:
                if index:
                    raise Breach(f"no layer {path}")
                return NOTHING
            found = found._modules[part]
        return found

    def function(self, name: str, positional: list[Any], keywords: dict[str, Any], operands: int) -> Any:
        if name in RESERVED or name.startswith("_"):
            raise Breach(f"no layer and no function {name}")
        if name in OF_LISTS:
            sources, rest = positional[:operands], positional[operands:]
            listed = sources[0] if len(sources) == 1 and isinstance(sources[0], list | tuple) else sources
            return getattr(torch, name)(listed, *rest, **keywords)
        function = getattr(functional, name, None)
        if callable(function) and not isinstance(function, type):
            if "dropout" in name and "training" not in keywords:
                keywords["training"] = self.module.training
            positional, keywords = bound(function, positional, keywords, lambda op, _: op)
            return function(*positional, **keywords)
        if callable(getattr(torch.Tensor, name, None)) and not name.startswith("__"):
            if positional and isinstance(positional[0], torch.Tensor):
                return getattr(positional[0], name)(*positional[1:], **keywords)
            if not positional:
                raise Breach(f"{name} of nothing")
        for namespace in (torch, torchvision.ops):
            function = getattr(namespace, name, None)
            if callable(function) and not isinstance(function, type):
                return function(*positional, **keywords)
        raise Breach(f"no layer and no function {name}")

    def named(self, names: Any, result: Any) -> Any:
        match names:
            case None:
                return result
            case str():
                self.name(names, result)
                return result
            case list():
                kept = [each for each in self.unpacked(names, result) if each is not NOTHING]
                return kept[0] if len(kept) == 1 else NOTHING
        raise Breach(f"`as: {names!r}`")

    def name(self, name: str, result: Any) -> None:
        if name in RESERVED or not name.isidentifier():
            raise Breach(f"{name} cannot be a name")
        self.values[name] = result

    def unpacked(self, names: list[Any], result: Any) -> list[Any]:
        if not isinstance(result, tuple | list) or len(result) != len(names):
            raise Breach(f"`as` names {len(names)} results of {type(result).__name__}")
        kept: list[Any] = []
        for name, value in zip(names, result, strict=True):
            if isinstance(name, list):
                kept += self.unpacked(name, value)
            elif name != "_":
                self.name(name, value)
                kept.append(value)
        return kept

    def subscript(self, text: str) -> Any:
        """`[:, 0]` -> what Python makes of it."""
        filled = value_of(text.replace("$", "").replace("...", "Ellipsis"), {})
        tree = ast.parse(f"_{filled}", mode="eval").body
        if not isinstance(tree, ast.Subscript) or not text.startswith("["):
            raise Breach(f"{text} is no subscript")
        return self.index(tree.slice)

    def index(self, node: ast.expr) -> Any:
        match node:
            case ast.Tuple(elts=items):
                return tuple(self.index(item) for item in items)
            case ast.Slice():
                return slice(*(each and self.index(each) for each in (node.lower, node.upper, node.step)))
            case ast.Name(id="Ellipsis"):
                return ...
        return evaluate(ast.unparse(node), self.names)

    def do_super(self, _: Any, *operands: Any) -> Any:
        if self.own is None:
            raise Breach("nothing is extended")
        return self.own(*operands)

    def do_index(self, text: str, operand: Any) -> Any:
        return operand[self.subscript(text)]

    def do_assign(self, text: str, target: Any, value: Any) -> Any:
        target[self.subscript(text)] = value
        return target

    def do_getitem(self, key: Any, operand: Any) -> Any:
        return operand[value_of(key, self.names)]

    def do_list(self, _: Any, *operands: Any) -> list[Any]:
        return list(operands)

    def do_append(self, name: str, operand: Any) -> Any:
        found = self.values.get(name)
        if not isinstance(found, list):
            raise Breach(f"{name} is no list")
        found.append(operand)
        return operand
