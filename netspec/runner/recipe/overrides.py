"""`--set optimizer.AdamW.lr=3e-4`: values given beside the recipe, put into its tree before it is read.

A path names keys, and list items by number. Values are YAML. The nodes put in carry spans in a source
of their own, named after the option, so that a diagnostic about them shows what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netspec.diagnostics import Collector, Source, Span
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, read


def apply_overrides(root: Mapping, overrides: tuple[tuple[str, str], ...], collector: Collector) -> Mapping:
    """The tree with every override put in, in order. Each is an option's name and its text:
    `("--set", "epochs=3")`; an option that stands for one key gives `("--epochs", "epochs=3")`."""
    for option, text in overrides:
        root = _apply(root, Source(option, text), collector)
    return root


def _apply(root: Mapping, source: Source, collector: Collector) -> Mapping:
    path, equals, value = source.text.partition("=")
    whole = Span(source, 0, len(source.text))
    if not equals or not all(path.split(".")):
        collector.add(
            "NS703",
            f"`{source.text}` sets nothing",
            whole,
            help="write KEY=VALUE, with dots between keys: `optimizer.AdamW.lr=3e-4`",
        )
        return root
    node = _value(value, len(path) + 1, source, collector)
    if node is None:
        return root
    keys, start = [], 0
    for word in path.split("."):
        keys.append(Scalar(word, word, Span(source, start, start + len(word))))
        start += len(word) + 1
    try:
        changed = _put(root, tuple(keys), node)
    except _NoWay as fault:
        collector.add("NS703", fault.message, fault.span, help=fault.help)
        return root
    assert isinstance(changed, Mapping)
    return changed


class _NoWay(Exception):
    """A path that leads nowhere."""

    def __init__(self, message: str, span: Span, help: str) -> None:
        super().__init__(message)
        self.message, self.span, self.help = message, span, help


def _value(text: str, offset: int, source: Source, collector: Collector) -> Node | None:
    """The value as YAML; nothing at all is null."""
    if text.strip() in ("", "null", "~"):
        # The reader calls a text that is nothing but null an empty file.
        return Scalar(None, text, Span(source, 0, len(source.text)))
    found = Collector()
    document = read(Source(source.path, text), found)

    def move(span: Span) -> Span:
        return Span(source, span.start + offset, span.end + offset)

    for diagnostic in found.diagnostics:
        collector.include(replace(diagnostic, span=move(diagnostic.span), labels=(), fixes=()))
    return None if document is None else _moved(document.root, move)


def _moved(node: Node, move: Callable[[Span], Span]) -> Node:
    match node:
        case Scalar():
            return replace(node, span=move(node.span))
        case Sequence(items):
            return Sequence(tuple(_moved(item, move) for item in items), move(node.span), node.flow)
        case Mapping(entries):
            moved = (Entry(replace(e.key, span=move(e.key.span)), _moved(e.value, move)) for e in entries)
            return Mapping(tuple(moved), move(node.span), node.flow)


def _put(node: Node | None, keys: tuple[Scalar, ...], value: Node) -> Node:
    """The node with `value` at the path; parts of the path that are missing are made."""
    if not keys:
        return value
    first, *rest = keys
    match node:
        case Sequence(items):
            index = _index(first, len(items))
            changed = _put(items[index], tuple(rest), value)
            return replace(node, items=(*items[:index], changed, *items[index + 1 :]))
        case Mapping(entries):
            return replace(node, entries=_put_entry(entries, first, tuple(rest), value))
        case Scalar(value=str(name)) if name == first.text:
            # `optimizer: AdamW` is short for `optimizer: {AdamW: }`.
            return Mapping((Entry(node, _put(None, tuple(rest), value)),), first.span)
    return Mapping((Entry(first, _put(None, tuple(rest), value)),), first.span)


def _put_entry(
    entries: tuple[Entry, ...], key: Scalar, rest: tuple[Scalar, ...], value: Node
) -> tuple[Entry, ...]:
    for index, entry in enumerate(entries):
        if entry.name == key.text:
            old = entry.value
            if key.text == "model" and rest and isinstance(old, Scalar):
                # `model: PATH` is short for `model: {spec: PATH}`.
                spec = Scalar("spec", "spec", old.span)
                old = Mapping((Entry(spec, old),), old.span)
            changed = Entry(entry.key, _put(old, rest, value))
            return (*entries[:index], changed, *entries[index + 1 :])
    return (*entries, Entry(key, _put(None, rest, value)))


def _index(key: Scalar, count: int) -> int:
    if key.text.isdecimal() and int(key.text) < count:
        return int(key.text)
    raise _NoWay(
        f"the list has {count} items, numbered from 0, and none is `{key.text}`",
        key.span,
        f"give a number below {count}" if count else "replace the whole list",
    )
