"""A Graph evaluated node by node with PyTorch's own calls: what the compiled class must equal.

Nothing here reads the generated source, so that the two hold each other to account. `Evaluation` has in
`values` the result of every node, by number.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from netspec.catalog.model import Op
from netspec.graph.evaluate import Selection
from netspec.graph.ir import (
    Enter,
    Graph,
    GraphNode,
    Leave,
    Node,
    Own,
    Sizes,
    Structure,
    TensorPath,
    ValueList,
    ValueNumber,
)
from netspec.resolve.layer_records import BASE
from netspec.resolve.program import NOTHING, Names, TensorIndex
from netspec.resolve.step_names import is_factory
from netspec.shapes.dims import Dim, symbol

_NAMESPACES: dict[str, Any] = {"F": functional, "torch": torch}


def namespace(name: str) -> Any:
    """What `F`, `torch` or `ops` stands for in generated source; all else is a module of an application."""
    if name == "ops":
        return importlib.import_module("torchvision.ops")
    return _NAMESPACES.get(name) or importlib.import_module(name)


class Evaluation:
    """Runs a graph on the leaves of `module`. `given` are the inputs, in the order of the graph's, and
    `sizes` what its symbols stand for. A subclass may look at each node as it is run."""

    def __init__(self, graph: Graph, module: nn.Module, given: list[Any], sizes: Mapping[str, int]) -> None:
        self.graph = graph
        self.module = module
        self.sizes = dict(sizes)
        self.values: dict[int, Any] = {NOTHING: None}
        self.values.update(zip((each.value for each in graph.inputs), given, strict=True))

    def run(self) -> Evaluation:
        for node in self.graph.nodes:
            self.step(node)
        return self

    def step(self, node: GraphNode) -> None:
        match node:
            case Node():
                self.bind(node.results, self.call(node))
            case Enter():
                self._enter(node)
            case Leave():
                self.bind(node.results, self.value(node.returned))
            case Own():
                owner = self.module.get_submodule(".".join(node.module))
                self.values[node.value] = getattr(owner, node.tensor)
            case Sizes():
                for name, size in zip(node.names, self.value(node.operand).shape, strict=True):
                    if name is not None:
                        self.sizes[name] = size

    def _enter(self, node: Enter) -> None:
        """The inputs of a block have their values, and the names in their shapes their sizes."""
        for operand, declared in node.inputs:
            value = self.values[declared.value] = self.value(operand)
            if isinstance(value, torch.Tensor) and declared.shape is not None:
                for size, number in zip(declared.shape, value.shape, strict=True):
                    lone = [each.name for each in size.symbols if size == symbol(each.name, each.minimum)]
                    self.sizes.update(dict.fromkeys(lone, number))

    def call(self, node: Node) -> Any:
        """What PyTorch returns for one call."""
        assert node.op is not None
        given = {name: self.value(value) for name, value in node.arguments.items() if name in node.spans}
        if node.module is not None:
            return self._called(node.module)(**given)
        written = _language(node.op.name, given)
        return self._function(node.op, given) if written is NotImplemented else written

    def _called(self, path: tuple[str, ...]) -> Callable[..., Any]:
        """The layer, or for `super` the forward of the class that its owner extends."""
        if path[-1] != BASE:
            return self.module.get_submodule(".".join(path))
        owner = self.module.get_submodule(".".join(path[:-1]))
        extended: Callable[..., Any] = getattr(super(type(owner), owner), "forward")  # noqa: B009
        return extended

    def _function(self, op: Op, given: dict[str, Any]) -> Any:
        for name, value in given.items():
            param = op.param(name)
            if isinstance(value, str) and param is not None and "dtype" in param.types:
                given[name] = getattr(torch, value)
        training = op.param("training")
        if "training" not in given and training is not None and ("dropout" in op.name or training.default):
            given["training"] = self.module.training
        if is_factory(op):
            given["device"] = next(v.device for v in self.values.values() if isinstance(v, torch.Tensor))
        space, name = re.split(r"[.:](?=\w+$)", op.source)
        function = getattr(given.pop("input") if space == "Tensor" else namespace(space), name)
        if op.variadic is None or op.variadic not in given:
            return function(**given)
        items = given.pop(op.variadic)
        several = items if isinstance(items, tuple | list) else (items,)
        return function(*([given.pop("equation")] if "equation" in given else []), *several, **given)

    def value(self, argument: Any) -> Any:
        """An argument with what flows in its place."""
        match argument:
            case ValueNumber(value=number):
                return self.values[number]
            case ValueList(items=items):
                return [self.value(item) for item in items]
            case Structure(kind=kind, items=items):
                return dict(self._items(items)) if kind == "dict" else tuple(v for _, v in self._items(items))
            case TensorPath(module=path, tensor=tensor):
                return getattr(self.module.get_submodule(".".join(path)), tensor)
            case Dim():
                return argument.evaluate(self.sizes)
            case Selection(items=items):
                return tuple(self.value(item) for item in items)
            case slice():
                return slice(*(self.value(each) for each in (argument.start, argument.stop, argument.step)))
            case tuple():
                return tuple(self.value(item) for item in argument)
        return argument

    def _items(self, items: tuple[tuple[str, Any], ...]) -> list[tuple[str, Any]]:
        return [(key, self.value(item)) for key, item in items]

    def bind(self, names: Names, result: Any) -> None:
        """Give a result, or its parts, their numbers."""
        if not names.unpack:
            assert isinstance(names.values[0], int)
            self.values[names.values[0]] = result
            return
        for name, item in zip(names.values, result, strict=True):
            if isinstance(name, Names):
                self.bind(name, item)
            elif name is not None:
                self.values[name] = item


def _language(name: str, given: Mapping[str, Any]) -> Any:
    """The language's own steps; NotImplemented for ops of the catalog."""
    match name:
        case "index":
            return given["input"][_subscript(given)]
        case "getitem":
            key = given["key"]
            value = given["input"]
            return getattr(value, key) if isinstance(key, str) and isinstance(value, tuple) else value[key]
        case "list":
            items = given["items"]
            return items if isinstance(items, list) else [items]
        case "append":
            return [*given["items"], given["input"]]
        case "assign":
            given["input"][_subscript(given)] = given["value"]
            return given["input"]
    return NotImplemented


def _subscript(given: Mapping[str, Any]) -> tuple[Any, ...]:
    """A subscript with the tensors that stand in it."""
    return tuple(
        given["indices"][each.position] if isinstance(each, TensorIndex) else each
        for each in given["subscript"]
    )
