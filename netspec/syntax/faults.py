"""A parser's exception -> one diagnostic in our own words, at the place that a person must change."""

from __future__ import annotations

import re

import yaml

from netspec.diagnostics import Collector, Edit, Fix, Label, Source, Span
from netspec.syntax.mend import closing, report_split

# What libyaml and PyYAML's own parser say -> what to tell a person, and what to do.
_MESSAGES = {
    "did not find expected ',' or ']'": (
        "the list `[` is not closed",
        "add `]`, or the comma that is missing",
    ),
    "did not find expected ',' or '}'": (
        "the mapping `{` is not closed",
        "add `}`, or the comma that is missing",
    ),
    "expected ',' or ']'": ("the list `[` is not closed", "add `]`, or the comma that is missing"),
    "expected ',' or '}'": ("the mapping `{` is not closed", "add `}`, or the comma that is missing"),
    "did not find expected key": (
        "a key is expected here",
        "check the indentation of this line and the one above",
    ),
    "did not find expected '-' indicator": (
        "a list item `-` is expected here",
        "indent the items of a list alike",
    ),
    "mapping values are not allowed in this context": (
        "a second `:` stands on one line",
        "quote a text that holds `: `, or check the indentation",
    ),
    "could not find expected ':'": ("the `:` after a key is missing", "write `key: value`"),
    "found unexpected end of stream": ("the text ends inside a quotation", "close the quotation mark"),
    "found unknown escape character": (
        "this escape is unknown",
        "use single quotes where `\\` is meant literally",
    ),
    "found character that cannot start any token": ("this character cannot start a value", "quote the text"),
    "block sequence entries are not allowed in this context": (
        "a list item `-` cannot stand here",
        "start the list on a line of its own",
    ),
    "did not find expected <document start>": (
        "the text goes on after the end of the document",
        "check the indentation of this line",
    ),
    "did not find expected node content": ("a value is expected here", "write the value, or quote it"),
}


def report_yaml_error(error: yaml.YAMLError, source: Source, collector: Collector) -> None:
    """Report why the text is not YAML."""
    mark = getattr(error, "problem_mark", None)
    offset = min(mark.index, len(source.text)) if mark is not None else 0
    reports = (_report_tab, _report_expression, _report_missing_space)
    if any(report(offset, source, collector) for report in reports):
        return
    problem = str(getattr(error, "problem", None) or error)
    message, help = next(
        (found for key, found in _MESSAGES.items() if problem.startswith(key)),
        ("the text is not well-formed YAML", "check the indentation, brackets and quotation marks"),
    )
    span = Span(source, offset, min(offset + 1, len(source.text)))
    labels = []
    context = getattr(error, "context_mark", None)
    if context is not None and context.index < offset and source.text[context.index] in "[{\"'":
        # What was opened is what a person must close: blame that, and show where YAML gave up.
        labels.append(Label(span, "YAML gives up here"))
        span = Span(source, context.index, context.index + 1)
    collector.add("NS001", message, span, labels=labels, help=help, notes=[f"YAML: {problem}"])


def _report_tab(offset: int, source: Source, collector: Collector) -> bool:
    """NS002 where a tab in the indentation of the line, or at the place itself, is the cause."""
    text = source.text
    start = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", start)
    line = text[start : stop if stop >= 0 else len(text)]
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" in indent:
        tab = start + indent.index("\t")
    elif text[offset : offset + 1] == "\t":
        tab = offset
    else:
        return False
    end = tab + 1
    while text[end : end + 1] == "\t":
        end += 1
    span = Span(source, tab, end)
    collector.add(
        "NS002",
        "a tab stands where YAML allows only spaces",
        span,
        help="indent with spaces",
        fixes=[Fix("Use two spaces a tab", (Edit(span, "  " * (end - tab)),))],
    )
    return True


def _report_missing_space(offset: int, source: Source, collector: Collector) -> bool:
    """NS009 where `name:[...]` or `name:{...}` in a flow collection is the cause."""
    match = re.search(r"[A-Za-z_]\w*$", source.text[max(0, offset - 80) : offset])
    if match is None or source.text[offset : offset + 2] not in (":[", ":{"):
        return False
    span = Span(source, offset - len(match[0]), offset + 1)
    after = Span(source, offset + 1, offset + 1)
    collector.add(
        "NS009",
        f"the space after `{span.text}` is missing",
        span,
        help=f"write `{span.text} `",
        fixes=[Fix("Add the space", (Edit(after, " "),))],
    )
    return True


def _report_expression(offset: int, source: Source, collector: Collector) -> bool:
    """NS008 where an unquoted expression with brackets on this line is the cause."""
    text = source.text
    start = text.rfind("\n", 0, offset) + 1
    begin = text.rfind("$(", start, offset)
    if begin < 0 or text[begin - 1 : begin] in ('"', "'"):
        return False
    end = closing(text, begin)
    if end is None or end <= offset:
        return False
    report_split(Span(source, begin, end), collector)
    return True
