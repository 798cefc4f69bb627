"""Calls of the Program -> nodes of the Graph; a container is called member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.catalog.model import Op, Signature
from netspec.diagnostics import Collector, Span
from netspec.graph.evaluate import Held, Unevaluated, released, value_of
from netspec.graph.ir import ModuleNode, Node, TensorPath, ValueList, ValueNumber
from netspec.resolve.binding import check_arguments
from netspec.resolve.program import (
    Arguments,
    Call,
    Names,
    Operand,
    OperandList,
    TensorRef,
    ValueInfo,
    ValueRef,
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a callee is given: operands, then the arguments as written."""

    operands: tuple[Operand, ...]
    keyword_operands: tuple[tuple[str, Span, Operand], ...] = ()
    arguments: Arguments = field(default_factory=Arguments)


class Calls:
    """Adds one call after another to a list of nodes."""

    def __init__(
        self,
        root: ModuleNode,
        names: Mapping[str, Any],
        values: dict[int, ValueInfo],
        collector: Collector,
    ) -> None:
        self.names = names
        self.values = values
        self.collector = collector
        self.nodes: list[Node] = []
        self.leaves: dict[tuple[str, ...], ModuleNode] = {}
        self.modules: dict[tuple[str, ...], ModuleNode] = {}
        self._same: dict[int, int] = {}
        self._index(root)

    def _index(self, module: ModuleNode) -> None:
        for child in module.children:
            self.modules[child.path] = child
            if child.op is not None:
                self.leaves[child.path] = child
            self._index(child)

    def number(self, value: int) -> int:
        """The number of the value that this one stands for."""
        while value in self._same:
            value = self._same[value]
        return value

    def add(self, call: Call) -> None:
        given = Given(call.operands, call.keyword_operands, call.arguments)
        if call.layer is None:
            signatures = call.op.signatures if call.op is not None and not call.faulty else None
            self._node(call, None, call.op, signatures, given, call.results, call.span)
        elif call.faulty or call.layer not in self.modules:
            self._node(call, call.layer, None, None, given, call.results, call.span)
        else:
            self._module(call, self.modules[call.layer], given, call.results, call.span)

    def _module(self, call: Call, module: ModuleNode, given: Given, results: Names, span: Span) -> None:
        if module.class_name in ("Sequential", "ModuleList"):
            self._members(call, module, given, results)
            return
        if module.class_name == "ModuleDict":
            self.collector.add(
                "NS212",
                f"`{module.name}` is a ModuleDict, which cannot be called",
                module.span,
                help="call its members by their paths in `forward`",
            )
        signatures = (module.op.call,) if module.op is not None and module.settings is not None else None
        self._node(call, module.path, module.op, signatures, given, results, span)

    def _members(self, call: Call, module: ModuleNode, given: Given, results: Names) -> None:
        """Each member on the result of the one before; whatever else is given goes to every member."""
        if module.class_name == "Sequential":
            given = Given((*given.operands, *(operand for _, _, operand in given.keyword_operands)))
        if not module.children:
            first = given.operands[0] if given.operands else None
            if isinstance(first, ValueRef) and not results.unpack and isinstance(results.values[0], int):
                self._same[results.values[0]] = first.value
            return
        for child in module.children[:-1]:
            value = self._new(child.span)
            self._module(call, child, given, Names((value,), unpack=False), child.span)
            given = replace(given, operands=(ValueRef(value, child.span), *given.operands[1:]))
        self._module(call, module.children[-1], given, results, module.children[-1].span)

    def _new(self, span: Span) -> int:
        value = max(self.values, default=-1) + 1
        self.values[value] = ValueInfo(None, span)
        return value

    def _node(
        self,
        call: Call,
        path: tuple[str, ...] | None,
        op: Op | None,
        signatures: Sequence[Signature] | None,
        given: Given,
        results: Names,
        span: Span,
    ) -> None:
        """A node for a leaf; `signatures` is None where the call is known to be faulty."""
        name = ".".join(path) if path is not None else call.name
        bound = None if signatures is None else self._bind(name, signatures, given, op, span)
        if bound is None:
            every = (*given.operands, *(each for _, _, each in given.keyword_operands))
            operands = {str(i): self._operand(each) for i, each in enumerate(every)}
            self.nodes.append(Node(name, op, path, operands, results, span, call.span, faulty=True))
        else:
            arguments, spans = bound
            self.nodes.append(Node(name, op, path, arguments, results, span, call.span, spans))

    def _bind(
        self, name: str, signatures: Sequence[Signature], given: Given, op: Op | None, span: Span
    ) -> tuple[dict[str, Any], dict[str, Span]] | None:
        try:
            binding = check_arguments(
                name,
                signatures,
                given.operands,
                given.keyword_operands,
                given.arguments,
                self.collector,
                span=span,
                variadic=op.variadic if op is not None else None,
                value_of=self._operand_value,
            )
        except Unevaluated:
            return None
        if binding is None:
            return None
        spans = {key: each.span for key, _, each in (*given.keyword_operands, *given.arguments.keywords)}
        positional = [*given.operands, *given.arguments.positional]
        for param, each in zip(binding.signature, positional, strict=False):
            spans[param.name] = each.span
        return {key: released(value) for key, value in binding.arguments.items()}, spans

    def _operand_value(self, operand: Operand) -> Any:
        match operand:
            case OperandList():
                return Held("tensors", self._operand(operand))
            case ValueRef() | TensorRef():
                return Held("any", self._operand(operand))
        return value_of(operand, self.names, self.collector)

    def _operand(self, operand: Operand) -> Any:
        match operand:
            case ValueRef(value=value):
                return ValueNumber(self.number(value))
            case TensorRef(path=path, tensor=tensor):
                return TensorPath(path, tensor)
            case OperandList(items=items):
                return ValueList(tuple(self._operand(item) for item in items))
        try:
            value = value_of(operand, self.names, self.collector)
        except Unevaluated:
            return ValueNumber(-1)
        return released(value)
