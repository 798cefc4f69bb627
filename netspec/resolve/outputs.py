"""`outputs`: what forward returns: one value, a tuple, a dict, a named tuple; or each mode its own."""

from __future__ import annotations

from netspec.diagnostics import Span
from netspec.document.decode import report_unknown_key
from netspec.document.ops import key_span
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_argument
from netspec.resolve.forward import Lowering
from netspec.resolve.program import FAULTY, Formula, Output, ValueRef
from netspec.resolve.step_names import report_value
from netspec.syntax import Mapping, Node, Scalar, Sequence

_MODES = {"train", "eval"}
_NAMED = {"namedtuple", "fields"}


def read_outputs(node: Node | None, lowering: Lowering, end: Span) -> tuple[Output | None, Output | None]:
    """What training returns, and what evaluation returns where that differs. Without a declaration,
    the current value after the last step."""
    match node:
        case None:
            return _default(lowering, end), None
        case Mapping() if _MODES & set(node.names):
            for entry in node.entries:
                if entry.name not in _MODES:
                    report_unknown_key(
                        entry.key.span, entry.name, sorted(_MODES), lowering.collector, "`outputs` by mode"
                    )
            train, evaluate = node.get("train"), node.get("eval")
            if train is None or evaluate is None:
                missing = "train" if train is None else "eval"
                lowering.collector.add(
                    "NS103", f"`outputs` by mode needs the key `{missing}` too", node.entries[0].key.span,
                    help=f"add `{missing}: ...`",
                )  # fmt: skip
                return None, None
            return _output(train, lowering), _output(evaluate, lowering)
    return _output(node, lowering), None


def _output(node: Node, lowering: Lowering) -> Output | None:
    match node:
        case Scalar():
            return Output("single", (("", _value(node, lowering)),))
        case Sequence(items):
            return Output("tuple", tuple(("", _item(item, lowering)) for item in items))
        case Mapping() if _NAMED & set(node.names):
            return _named_tuple(node, lowering)
        case Mapping(entries):
            return Output("dict", tuple((e.name, _item(e.value, lowering)) for e in entries))


def _item(node: Node, lowering: Lowering) -> ValueRef | Formula | Output:
    if isinstance(node, Scalar):
        return _value(node, lowering)
    found = _output(node, lowering)
    return found if found is not None else ValueRef(FAULTY, key_span(node))


def _named_tuple(node: Mapping, lowering: Lowering) -> Output | None:
    """`{namedtuple: Name, fields: {field: value}}`."""
    name, fields = node.get("namedtuple"), node.get("fields")
    good = isinstance(name, Scalar) and is_identifier(name.text) and isinstance(fields, Mapping)
    if not good or not set(node.names) <= _NAMED or not all(map(is_identifier, fields.names)):  # type: ignore[union-attr]
        lowering.collector.add(
            "NS104",
            "a named tuple has a name and a mapping of fields",
            node.entries[0].key.span,
            help="write `{namedtuple: Outputs, fields: {logits: logits, aux: aux}}`",
        )
        return None
    assert isinstance(name, Scalar)
    assert isinstance(fields, Mapping)
    items = tuple((entry.name, _item(entry.value, lowering)) for entry in fields.entries)
    return Output("namedtuple", items, name.text)


def _default(lowering: Lowering, end: Span) -> Output | None:
    if lowering.current is None:
        lowering.collector.add(
            "NS210",
            "there is no current value after the last step, so nothing to return",
            end,
            help="name what to return: `outputs: [a, b]`",
        )
        return None
    return Output("single", (("", ValueRef(lowering.current, end)),))


def _value(node: Scalar, lowering: Lowering) -> ValueRef | Formula:
    if "$" in node.text:
        argument = read_argument(node, lowering.scope, lowering.collector)
        return argument if isinstance(argument, Formula) else ValueRef(FAULTY, node.span)
    if node.text == "_" and lowering.current is not None:
        return ValueRef(lowering.current, node.span)
    if node.text in lowering.names:
        return ValueRef(lowering.names[node.text], node.span)
    if "inputs" in lowering.unread:
        return ValueRef(FAULTY, node.span)
    report_value(node.text, node.span, lowering.names, lowering.layers, lowering.collector)
    return ValueRef(FAULTY, node.span)
