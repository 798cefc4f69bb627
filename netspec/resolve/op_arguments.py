"""Ops as arguments: where PyTorch wants a module, or a class that makes one, a spec names an op.

`activation_layer: ReLU6`, `{GELU: {approximate: tanh}}`, or null. The parameter's type word says what
PyTorch gets: for `module` one that is built, for `callable` the class (with arguments, a partial).
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op, Param
from netspec.diagnostics import Collector, Span
from netspec.resolve.binding import check_arguments
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.params import op_value
from netspec.resolve.program import (
    Argument,
    Arguments,
    Constant,
    DictArgument,
    ListArgument,
)
from netspec.resolve.program import Param as DeclaredParam

OP_WORDS = ("module", "callable")


def op_parameters(op: Op, arguments: Arguments) -> Iterator[tuple[Param, Argument]]:
    """The arguments that stand for ops, with their parameters."""
    signature = op.signatures[0]
    pairs = [*zip(signature, arguments.positional, strict=False)]
    pairs += [(param, each) for name, _, each in arguments.keywords if (param := op.param(name)) is not None]
    for param, argument in pairs:
        if any(word in OP_WORDS for word in param.types):
            yield param, argument


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
    """Look up the ops that arguments name; those that are built at once get their arguments checked."""
    good = True
    for param, argument in op_parameters(op, arguments):
        named = named_op(argument)
        if named is None:
            continue
        name, own, span = named
        inner = catalog.get(name)
        if inner is None or (inner.kind != "module" and "callable" not in param.types):
            known = [*catalog.modules]
            report_unknown(name, span, known, collector, what="layer type")
            good = False
        elif "module" in param.types:
            bound = check_arguments(name, inner.signatures, (), (), own, collector, span=span)
            good = good and bound is not None and check_op_arguments(inner, own, catalog, collector)
    return good


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
