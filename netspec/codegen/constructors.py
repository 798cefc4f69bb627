"""Arguments of constructors, ops among them: a class, a `functools.partial`, or a built module."""

from __future__ import annotations

from typing import Any

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op, Param
from netspec.codegen.layout import call_text
from netspec.codegen.spelling import Spelling, literal
from netspec.resolve.op_arguments import is_built, named_op, op_parameters
from netspec.resolve.params import op_value
from netspec.resolve.program import Argument, Arguments


def constructor_arguments(op: Op | None, arguments: Arguments, spelling: Spelling) -> list[str]:
    """The arguments as written; `op` tells which of them stand for ops."""
    made = {id(each): param for param, each in op_parameters(op, arguments)} if op is not None else {}

    def text(argument: Argument) -> str:
        param = made.get(id(argument))
        if param is None:
            return spelling.argument(argument)
        return _op_argument(argument, spelling, param)

    found = [text(argument) for argument in arguments.positional]
    return found + [f"{name}={text(argument)}" for name, _, argument in arguments.keywords]


def _op_argument(argument: Argument, spelling: Spelling, param: Param) -> str:
    named = named_op(argument)
    if named is None:
        return spelling.argument(argument)
    name, own, _ = named
    op = spelling.catalog.get(name)
    assert op is not None
    source = spelling.op(op.source)
    inner = constructor_arguments(op, own, spelling)
    if is_built(param, op):
        return call_text(source, inner)
    return _partial(source, inner, spelling)


def _partial(source: str, arguments: list[str], spelling: Spelling) -> str:
    if not arguments:
        return source
    return call_text(f"{spelling.imported('functools')}.partial", [source, *arguments])


def op_default(value: Any, spelling: Spelling, catalog: Catalog) -> str:
    """The default of a param that holds an op."""
    named = op_value(value)
    if named is None:
        return "None"
    name, positional, keywords = named
    op = catalog.get(name)
    assert op is not None
    arguments = [literal(each) for each in positional]
    arguments += [f"{key}={literal(each)}" for key, each in keywords.items()]
    return _partial(spelling.op(op.source), arguments, spelling)
