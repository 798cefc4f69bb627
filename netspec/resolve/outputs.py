"""`outputs`: what forward returns: one value, a tuple, or a dict."""

from __future__ import annotations

from netspec.diagnostics import Collector, Span
from netspec.document.ops import key_span
from netspec.resolve.forward import Lowering, report_value
from netspec.resolve.program import FAULTY, Output, ValueRef
from netspec.syntax import Mapping, Node, Scalar, Sequence

_LATER = ({"train", "eval"}, {"namedtuple", "fields"})


def read_outputs(node: Node | None, lowering: Lowering, end: Span) -> Output | None:
    """The declared outputs; without a declaration, the current value after the last step."""
    match node:
        case None:
            return _default(lowering, end)
        case Scalar():
            return Output("single", (("", _value(node, lowering)),))
        case Sequence(items):
            values = [_value(item, lowering) for item in items]
            return Output("tuple", tuple(("", value) for value in values))
        case Mapping(entries) if any(words & set(node.names) for words in _LATER):
            _unsupported(entries[0].key.span, lowering.collector)
            return None
        case Mapping(entries):
            return Output("dict", tuple((e.name, _value(e.value, lowering)) for e in entries))


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


def _value(node: Node, lowering: Lowering) -> ValueRef:
    if not isinstance(node, Scalar):
        _unsupported(key_span(node), lowering.collector)
        return ValueRef(FAULTY, key_span(node))
    if node.text == "_" and lowering.current is not None:
        return ValueRef(lowering.current, node.span)
    if node.text in lowering.names:
        return ValueRef(lowering.names[node.text], node.span)
    if "inputs" in lowering.unread:
        return ValueRef(FAULTY, node.span)
    report_value(node.text, node.span, lowering.names, lowering.layers, lowering.collector)
    return ValueRef(FAULTY, node.span)


def _unsupported(span: Span, collector: Collector) -> None:
    collector.add(
        "NS108",
        "outputs of this form are not supported by this release",
        span,
        help="return one value, a list of values, or a mapping from key to value",
    )
