"""What a callee is given, evaluated once: operands and arguments, ready to be bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netspec.catalog.model import Signature
from netspec.diagnostics import Collector, Span
from netspec.graph.evaluate import Held, released, value_of
from netspec.graph.ir import TensorPath, ValueList, ValueNumber
from netspec.resolve.binding import check_arguments
from netspec.resolve.program import (
    NOTHING,
    Arguments,
    Call,
    Operand,
    OperandList,
    TensorRef,
    ValueRef,
)


@dataclass(frozen=True, slots=True)
class Ready:
    """An operand or argument with its value as binding sees it (`Held` for what flows)."""

    value: Any
    span: Span

    @property
    def plain(self) -> Any:
        """The value as a node holds it."""
        return released(self.value)

    @staticmethod
    def value_of(number: int, span: Span) -> Ready:
        return Ready(Held("any", ValueNumber(number)), span)


@dataclass(frozen=True, slots=True)
class Given:
    """Operands come first, then positional arguments; keywords hold both kinds."""

    operands: tuple[Ready, ...]
    positional: tuple[Ready, ...] = ()
    keywords: tuple[tuple[str, Span, Ready], ...] = ()

    def with_first(self, operand: Ready) -> Given:
        return replace(self, operands=(operand, *self.operands[1:]))


def evaluated(
    call: Call,
    values: Mapping[int, int],
    names: Mapping[str, Any],
    above: tuple[str, ...],
    collector: Collector,
) -> Given:
    """The operands and arguments of a call; Unevaluated, after a report, where one has no value.

    `values` maps numbers of the Program to numbers of the Graph; `above` is the path of the module
    whose step this is.
    """

    def ready(operand: Operand) -> Ready:
        return Ready(value_in(operand, values, names, above, collector), operand.span)

    return Given(
        tuple(ready(each) for each in call.operands),
        tuple(ready(each) for each in call.arguments.positional),
        tuple(
            (key, span, ready(each)) for key, span, each in (*call.keyword_operands, *call.arguments.keywords)
        ),
    )


def value_in(
    operand: Operand,
    values: Mapping[int, int],
    names: Mapping[str, Any],
    above: tuple[str, ...],
    collector: Collector,
) -> Any:
    """One operand as binding sees it."""
    match operand:
        case ValueRef(value=value):
            number = values.get(value, value if value < 0 else -1)
            return None if number == NOTHING else Held("any", ValueNumber(number))
        case TensorRef(path=path, tensor=tensor):
            return Held("any", TensorPath((*above, *path), tensor))
        case OperandList(items=items):
            inner = (value_in(item, values, names, above, collector) for item in items)
            return Held("tensors", ValueList(tuple(released(item) for item in inner)))
    return value_of(operand, names, collector)


def bind_given(
    name: str,
    signatures: Sequence[Signature],
    given: Given,
    collector: Collector,
    span: Span,
    variadic: str | None,
) -> tuple[dict[str, Any], dict[str, Span]] | None:
    """The arguments by name, and where each is written; None, after a report, where they do not fit."""
    arguments: Any = Arguments((*given.operands, *given.positional), given.keywords)  # type: ignore[arg-type]
    binding = check_arguments(
        name,
        signatures,
        (),
        (),
        arguments,
        collector,
        span=span,
        variadic=variadic,
        value_of=lambda operand: operand.value,  # type: ignore[union-attr]
    )
    if binding is None:
        return None
    spans = {key: each.span for key, _, each in given.keywords}
    for param, each in zip(binding.signature, (*given.operands, *given.positional), strict=False):
        spans[param.name] = each.span
    return {key: released(value) for key, value in binding.arguments.items()}, spans
