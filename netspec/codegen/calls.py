"""One call of forward -> one Python expression, spelled as people spell it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from netspec.catalog.language import GETITEM, INDEX, LANGUAGE_OPS
from netspec.catalog.model import Op
from netspec.codegen.access import Reached, access, reach
from netspec.codegen.layout import call_text
from netspec.codegen.spelling import Spelling, attribute, tuple_text
from netspec.codegen.variables import Variables
from netspec.resolve.program import (
    BASE,
    NOTHING,
    Argument,
    Call,
    Module,
    Operand,
    OperandList,
    Subscript,
    TensorIndex,
    TensorRef,
    ValueRef,
)
from netspec.resolve.step_names import is_factory

# Python's operators give the same results as the functions, and read better.
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@", "pow": "**"}


class CallText:
    """Spells the calls of one forward."""

    def __init__(self, module: Module, variables: Variables, spelling: Spelling) -> None:
        self.module = module
        self.variables = variables
        self.spelling = spelling

    def expression(self, call: Call) -> str:
        operands = [self.operand(each) for each in call.operands]
        if call.layer is not None:
            arguments = [*operands, *self.arguments(call, None)]
            return call_text(self.callee(call), arguments)
        assert call.op is not None
        if call.op.name in LANGUAGE_OPS and call.op is LANGUAGE_OPS[call.op.name]:
            return self._language(call, operands)
        return self._operator(call, operands) or self._function(call, call.op, operands)

    def comment(self, value: int) -> str:
        """What is to be said of a value; "" where nothing is."""
        info = self.module.values.get(value)
        return "" if info is None else self.spelling.comments.get(info, "")

    def _language(self, call: Call, operands: list[str]) -> str:
        """`x[:, 0]`, `x["out"]`, `[x, y]`."""
        match call.op:
            case op if op is INDEX:
                return f"{_in_brackets(operands[0])}{self._subscript(call)}"
            case op if op is GETITEM:
                (key,) = call.arguments.all
                return f"{_in_brackets(operands[0])}[{self.spelling.argument(key)}]"
        return operands[0]

    def _subscript(self, call: Call) -> str:
        """`[:, 0]`, `[positions]`; tensors in it are operands of the call."""
        (subscript,) = call.arguments.positional
        assert isinstance(subscript, Subscript)
        given = [each for name, _, each in call.keyword_operands if name == "indices"]
        tensors = given[0].items if given and isinstance(given[0], OperandList) else ()
        items = [
            self.operand(tensors[item.position])
            if isinstance(item, TensorIndex)
            else self.spelling.subscript_item(item)
            for item in subscript.items
        ]
        return f"[{', '.join(items)}]"

    def assignment(self, call: Call, target: str) -> list[str]:
        """`x[:, :2] = value`: what is written to is also the result."""
        given = {name: each for name, _, each in call.keyword_operands}
        written = self.operand(call.operands[0] if call.operands else given["input"])
        value = self.operand(call.operands[1] if len(call.operands) > 1 else given["value"])
        place = f"{written}{self._subscript(call)} = {value}"
        return [place] if target == written else [place, f"{target} = {written}"]

    def callee(self, call: Call) -> str:
        """How forward reaches the layer that is called."""
        assert call.layer is not None
        if call.layer == (BASE,):
            return "super().forward"
        return access(call.layer, self.module.layers, self.spelling, self.module.container)

    def reached(self, call: Call) -> Reached | None:
        """What is known of the layer that is called; None for an op."""
        return (
            None
            if call.layer is None
            else reach(call.layer, self.module.layers, self.spelling, self.module.container)
        )

    def inside(self, names: Mapping[str, str]) -> CallText:
        """The same, with other `$` names in scope."""
        return CallText(
            self.module, self.variables, self.spelling.with_names({**self.spelling.names, **names})
        )

    def _operator(self, call: Call, operands: list[str]) -> str | None:
        """`x + out` for two operands and nothing else."""
        plain = [*call.operands, *call.arguments.positional]
        if call.name not in OPERATORS or call.keyword_operands or call.arguments.keywords or len(plain) != 2:
            return None
        first, second = [
            *operands, *(self.spelling.argument(each) for each in call.arguments.positional)
        ]  # fmt: skip
        left = first if _is_atom(first) else f"({first})"
        right = second if _is_atom(second.removeprefix("-")) else f"({second})"
        return f"{left} {OPERATORS[call.name]} {right}"

    def _function(self, call: Call, op: Op, operands: list[str]) -> str:
        arguments = self.arguments(call, op)
        if is_factory(op):
            return call_text(self.spelling.op(op.source), [*operands, *arguments, *self._device()])
        if op.source.startswith("Tensor."):
            receiver, rest = self._receiver(call, operands, arguments)
            return call_text(f"{receiver}.{op.source.removeprefix('Tensor.')}", rest)
        if op.name == "einsum":
            # In a spec the operands come first, as with all ops; in Python the equation does.
            (equation,) = (text.removeprefix("equation=") for text in arguments)
            (first,) = call.operands
            items = first.items if isinstance(first, OperandList) else (first,)
            return call_text(self.spelling.op(op.source), [equation, *map(self.operand, items)])
        return call_text(self.spelling.op(op.source), [*operands, *arguments])

    def _receiver(self, call: Call, operands: list[str], arguments: list[str]) -> tuple[str, list[str]]:
        """The tensor whose method is called: the first operand, or the one given as `input`."""
        if operands:
            receiver, rest = operands[0], [*operands[1:], *arguments]
        else:
            given = next(text for text in arguments if text.startswith("input="))
            receiver, rest = given.removeprefix("input="), [text for text in arguments if text != given]
        return (receiver if _is_atom(receiver) else f"({receiver})"), rest

    def arguments(self, call: Call, op: Op | None) -> list[str]:
        """What follows the operands, as Python; `op` is None where a layer is called."""
        found = [
            self.spelling.argument(each, dtype=_takes_dtype(op, len(call.operands) + index))
            for index, each in enumerate(call.arguments.positional)
        ]
        found += [f"{attribute(name)}={self.operand(each)}" for name, _, each in call.keyword_operands]
        for name, _, argument in call.arguments.keywords:
            param = op.param(name) if op is not None else None
            dtype = param is not None and "dtype" in param.types
            found.append(f"{name}={self.spelling.argument(argument, dtype=dtype)}")
        # A functional dropout follows the mode of the module, as the layers do.
        if op is not None and follows_mode(op) and not any(text.startswith("training=") for text in found):
            found.append("training=self.training")
        return found

    def _device(self) -> list[str]:
        found = next((each for each in self.module.inputs if each.integers is None), None)
        if found is None:
            return []
        reached, _ = next(found.leaves)
        return [f"device={reached}.device"]

    def operand(self, operand: Operand) -> str:
        match operand:
            case ValueRef(value=value):
                return "None" if value == NOTHING else self.variables.of[value]
            case TensorRef(path=path, tensor=tensor):
                owner = access(path, self.module.layers, self.spelling, self.module.container)
                return f"{owner}.{attribute(tensor)}"
            case OperandList(items=items):
                return f"[{', '.join(self.operand(item) for item in items)}]"
        argument: Argument = operand
        return _as_tuple(self.spelling.argument(argument))


def follows_mode(op: Op) -> bool:
    """Whether a function drops at random while training, and nothing else: dropouts, stochastic depth."""
    training = op.param("training")
    return "dropout" in op.name or (training is not None and training.default is True)


def _as_tuple(text: str) -> str:
    """Lists of an expression are tuples where they leave it."""
    if not text.startswith("["):
        return text
    node = ast.parse(text, mode="eval").body
    return tuple_text([ast.unparse(each) for each in node.elts]) if isinstance(node, ast.List) else text


def _in_brackets(text: str) -> str:
    return text if _is_atom(text) else f"({text})"


def _takes_dtype(op: Op | None, position: int) -> bool:
    if op is None:
        return False
    return any(position < len(s) and "dtype" in s[position].types for s in op.signatures)


def _is_atom(text: str) -> bool:
    """Whether an operand needs no brackets beside an operator."""
    node = ast.parse(text, mode="eval").body
    return isinstance(node, ast.Name | ast.Attribute | ast.Constant | ast.Subscript | ast.Call | ast.Tuple)
