"""Steps with a grammar of their own: `shape`, `let`, `index`, `assign`, `getitem`, `list`, `append`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.catalog.language import APPEND
from netspec.catalog.model import Op
from netspec.diagnostics import Span
from netspec.document.records import OpUse, Results, StepDecl
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_arguments
from netspec.resolve.callee import Callee
from netspec.resolve.params import read_lets
from netspec.resolve.program import (
    Arguments,
    Call,
    Names,
    Operand,
    OperandList,
    StepLets,
    StepSizes,
    ValueRef,
)
from netspec.resolve.scope import NameKind
from netspec.resolve.step_names import report_value
from netspec.resolve.subscripts import read_subscript
from netspec.syntax import Mapping, Scalar

if TYPE_CHECKING:
    from netspec.resolve.forward import Lowering


def name_sizes(lowering: Lowering, step: StepDecl, use: OpUse) -> None:
    """`{shape: , as: [B, C]}`: the names are dimensions from here on; nothing flows."""
    (operand, *_), _ = (
        lowering.operands(step, None) if step.source else (lowering.implicit(use.span, None, False), ())
    )
    found: list[str | None] = []
    for each in step.results.names if step.results is not None else ():
        if isinstance(each, Results) or (each.text != "_" and not is_identifier(each.text)):
            span = each.span
            lowering.collector.add(
                "NS105", "a dimension's name is an identifier", span, help="write `as: [B, C]`"
            )
            continue
        if each.text in {*lowering.scope.names, *found} - {"_"}:
            lowering.collector.add(
                "NS107", f"`${each.text}` is declared twice", each.span, help="choose another name"
            )
        found.append(None if each.text == "_" else each.text)
    if step.results is None or not step.results.unpack:
        lowering.collector.add(
            "NS103",
            "`shape` needs names for the sizes",
            use.span,
            help="write `{shape: , as: [B, C, H, W]}`",
        )
        return
    kind: NameKind = "let" if lowering.scope.construction else "dimension"
    lowering.scope = lowering.scope.with_names((name for name in found if name is not None), kind)
    lowering.items.append(StepSizes(operand, tuple(found), use.span))


def name_integers(lowering: Lowering, use: OpUse) -> None:
    """`{let: {pad: $(...)}}`: integers over dimensions; nothing flows."""
    node = use.arguments if isinstance(use.arguments, Mapping) else None
    if node is None:
        lowering.collector.add(
            "NS104",
            "`let` is a mapping from name to expression",
            use.span,
            help="write `{let: {n: $(...)}}`",
        )
        return
    kind: NameKind = "let" if lowering.scope.construction else "dimension"
    lets, lowering.scope = read_lets(node, lowering.scope, lowering.collector, kind=kind)
    lowering.items.append(StepLets(lets, use.span))


def language_step(lowering: Lowering, step: StepDecl, use: OpUse, op: Op) -> None:
    """`index`, `assign`, `getitem` and `list`: ops whose arguments have a grammar of their own."""
    operands, keywords = lowering.operands(step, Callee(use, None, op, op.signatures))
    if use.name == "list" and not (operands and isinstance(operands[0], OperandList)):
        operands = (OperandList(operands, use.span),)
    arguments = Arguments()
    good = use.name != "assign" or len(operands) + len(keywords) == 2
    if not good:
        lowering.collector.add(
            "NS203", "`assign` takes what is written to and what is written", use.span,
            help="write `{assign: \"[:, 0]\", from: [target, value]}`",
        )  # fmt: skip
    if use.name in ("index", "assign"):
        read = read_subscript(use.arguments, use.span, lowering.scope, lowering.collector)
        good = good and read is not None
        if read is not None:
            arguments = Arguments((read[0],))
            keywords += _indices(lowering, use, read[1])
    elif use.name == "getitem":
        arguments = read_arguments(use, lowering.scope, lowering.collector)
    if good:
        good = lowering.check(Callee(use, None, op, op.signatures), operands, keywords, arguments, use.span)
    results = lowering.results(step.results, use.span)
    lowering.items.append(
        Call(None, op, use.name, use.span, operands, keywords, arguments, results, faulty=not good)
    )


def _indices(lowering: Lowering, use: OpUse, names: list[str]) -> tuple[tuple[str, Span, Operand], ...]:
    """The tensors that a subscript names, as one keyword of the call."""
    if not names or use.arguments is None:
        return ()
    span = use.arguments.span
    return (("indices", span, OperandList(tuple(lowering.value(n, span) for n in names), span)),)


def append(lowering: Lowering, step: StepDecl, use: OpUse) -> None:
    """`{append: features}`: the list gains the current value, which stays."""
    operands, _ = (
        lowering.operands(step, None) if step.source else (lowering.implicit(use.span, None, False), ())
    )
    name = use.arguments
    if not isinstance(name, Scalar) or name.text not in lowering.names:
        span = use.span if name is None else name.span
        if isinstance(name, Scalar) and isinstance(name.value, str):
            report_value(name.text, span, lowering.names, lowering.layers, lowering.collector)
        else:
            lowering.collector.add(
                "NS104", "`append` names a list", use.span, help="write `{append: features}`"
            )
        return
    before = ValueRef(lowering.names[name.text], name.span)
    value = lowering.new(name.text, name.span)
    lowering.names[name.text] = value
    results = Names((value,), unpack=False)
    lowering.items.append(
        Call(None, APPEND, "append", use.span, (before, *operands), (), Arguments(), results)
    )
