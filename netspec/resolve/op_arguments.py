"""Ops as arguments: where PyTorch wants a module, or a class that makes one, a spec names an op.

`activation_layer: ReLU6`, `{GELU: {approximate: tanh}}`, or null. The parameter's type word says what
PyTorch gets: for `module` one that is built, for `class` the class (with arguments, a partial), for
`callable` a function likewise, or a module that is built. A text that is one of the choices stays a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op, Param, Signature
from netspec.diagnostics import Collector, Span
from netspec.resolve.binding import check_arguments
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.params import op_value
from netspec.resolve.program import (
    Argument,
    Arguments,
    AutoArgument,
    Constant,
    DictArgument,
    ListArgument,
)
from netspec.resolve.program import Param as DeclaredParam

OP_WORDS = ("module", "class", "callable")


def op_parameters(op: Op, arguments: Arguments) -> Iterator[tuple[Param, Argument]]:
    """The arguments that stand for ops, with their parameters."""
    signature = op.signatures[0]
    pairs = [*zip(signature, arguments.positional, strict=False)]
    pairs += [(param, each) for name, _, each in arguments.keywords if (param := op.param(name)) is not None]
    for param, argument in pairs:
        is_choice = isinstance(argument, Constant) and argument.value in param.choices
        if any(word in OP_WORDS for word in param.types) and not is_choice:
            yield param, argument


def is_built(param: Param, op: Op) -> bool:
    """Whether PyTorch gets a module, not what makes one."""
    return op.kind == "module" and "class" not in param.types


def named_op(argument: Argument) -> tuple[str, Arguments, Span] | None:
    """The op that an argument names, with its own arguments; None where it names none."""
    match argument:
        case Constant(value=str(name), span=span):
            return name, Arguments(), span
        case DictArgument(items=((name, inner),), span=span):
            return name, own_arguments(inner), span
    return None


def own_arguments(inner: Argument) -> Arguments:
    """ARGS of an op inside an argument: a mapping, a list, one value, or nothing."""
    match inner:
        case Constant(value=None):
            return Arguments()
        case DictArgument(items=pairs):
            return Arguments((), tuple((name, each.span, each) for name, each in pairs))
        case ListArgument(items=(*items, DictArgument(items=pairs))):
            return Arguments(tuple(items), tuple((name, each.span, each) for name, each in pairs))
        case ListArgument(items=items):
            return Arguments(items)
    return Arguments((inner,))


def check_op_arguments(op: Op, arguments: Arguments, catalog: Catalog, collector: Collector) -> bool:
    """Look up the ops that arguments name, and check what those are given."""
    found = [
        _check(param, *named, catalog, collector)
        for param, argument in op_parameters(op, arguments)
        if (named := named_op(argument)) is not None
    ]
    return all(found)


def _check(
    param: Param, name: str, own: Arguments, span: Span, catalog: Catalog, collector: Collector
) -> bool:
    op = catalog.get(name)
    functions = "callable" in param.types
    if op is None or op.kind == "method" or (op.kind == "function" and not functions):
        known = [*catalog.modules, *(catalog.functions if functions else ())]
        report_unknown(name, span, known, collector, what="op" if functions else "layer type")
        return False
    for argument in own.all:
        if isinstance(argument, AutoArgument):
            collector.add(
                "NS306",
                f"`auto` cannot stand for an argument of `{name}`, which is an argument itself",
                argument.span,
                help="write the value",
            )
            return False
    signatures = op.signatures if is_built(param, op) else tuple(map(_open, op.signatures))
    bound = check_arguments(name, signatures, (), (), own, collector, span=span)
    return bound is not None and check_op_arguments(op, own, catalog, collector)


def _open(signature: Signature) -> Signature:
    """Who gets a class or a function adds what is missing."""
    return tuple(replace(each, default=None) if each.required else each for each in signature)


def check_op_defaults(params: tuple[DeclaredParam, ...], catalog: Catalog, collector: Collector) -> None:
    """The ops that params of type `op` have as defaults must exist."""
    for param in params:
        named = op_value(param.default) if param.type == "op" and not param.faulty else None
        if named is None:
            continue
        op = catalog.get(named[0])
        if op is None or op.kind != "module":
            span = param.default_span or param.span
            report_unknown(named[0], span, catalog.modules, collector, what="layer type")
