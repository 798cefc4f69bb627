"""NS515: a literal that YAML or the op takes for something else than it looks like.

`yes`, `off` and `None` are texts in YAML 1.2, a number in quotes is a text, `010` is ten, and a dropout of
1 drops everything. As an argument of an op most of them are errors; here are those that pass.
"""

from __future__ import annotations

import re

from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.lints.facts import Facts
from netspec.resolve.program import Param
from netspec.syntax import Mapping, Node, Scalar, Sequence
from netspec.syntax.scalars import plain_value

_WORDS = {**dict.fromkeys(("yes", "on", "true"), "true"), **dict.fromkeys(("no", "off", "false"), "false")}
_ZERO_FIRST = re.compile(r"[-+]?0\d+")
_DROPOUTS = re.compile(r"(?:Alpha|FeatureAlpha)?Dropout[123]?d?|(?:alpha_|feature_alpha_)?dropout[123]?d?")


def suspicious_literal(facts: Facts, collector: Collector) -> None:
    for module in facts.program.modules:
        for param in module.params:
            _judge_param(facts, param, collector)
    for document in facts.documents:
        if _ZERO_FIRST.search(document.source.text):
            _judge_numbers(document.root, collector)
    _judge_dropouts(facts, collector)


def _judge_param(facts: Facts, param: Param, collector: Collector) -> None:
    """A default without a type; `{type: str, default: "64"}` says that a text is meant."""
    node = facts.places.value(param.span) if isinstance(param.default, str) else None
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return
    # `none` is a choice of several ops; `None` is Python's.
    meant = "null" if node.value == "None" else _WORDS.get(node.value.lower()) or _number(node.value)
    if meant is None:
        return
    collector.add(
        "NS515",
        f"the param `{param.name}` is the text {node.value!r}, and no {_kind(meant)}",
        node.span,
        help=f"write `{meant}`; for a text, `{{type: str, default: {node.span.text}}}`",
        fixes=[Fix(f"Write `{meant}`", (Edit(node.span, meant),), "unsafe")] if meant != "null" else [],
    )


def _number(text: str) -> str | None:
    text = text.replace("_", "")
    value = plain_value(text)
    return text if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kind(meant: str) -> str:
    return {"true": "boolean", "false": "boolean", "null": "null"}.get(meant, "number")


def _judge_numbers(root: Node, collector: Collector) -> None:
    open_nodes, seen = [root], set[Span]()
    while open_nodes:
        match open_nodes.pop():
            case Mapping(entries=entries):
                open_nodes += [each.value for each in entries]
            case Sequence(items=items):
                open_nodes += items
            case Scalar(value=int() as value, text=text, span=span) if _ZERO_FIRST.fullmatch(text):
                if span not in seen:
                    seen.add(span)
                    collector.add(
                        "NS515",
                        f"`{text}` is the number {value}, and no octal one",
                        span,
                        help=f"write `{value}`, or `0o{text.lstrip('-+0') or '0'}` for an octal number",
                        fixes=[Fix(f"Write `{value}`", (Edit(span, str(value)),))],
                    )


def _judge_dropouts(facts: Facts, collector: Collector) -> None:
    seen = set[Span]()
    for node in facts.graph.calls:
        if node.op is None or not _DROPOUTS.fullmatch(node.op.name) or facts.flow.setting(node, "p") != 1:
            continue
        spans = node.spans if node.module is None else facts.graph.modules[node.module].spans
        span = spans.get("p")
        if span is not None and plain_value(span.text) == 1 and span not in seen:
            seen.add(span)
            collector.add(
                "NS515",
                f"`{node.name}` drops every value: its `p` is 1",
                span,
                help="write the share that is to be dropped, such as `0.1`",
            )
