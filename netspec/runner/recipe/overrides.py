"""`--set optimizer.AdamW.lr=3e-4`: values given beside the recipe, put into its tree before it is read.

A path names keys, and list items by number or, where they name something, by that name:
`data.transform.Resize=32`. A number behind the last item adds one. Values are YAML. The nodes put in carry
spans in a source of their own, named after the option, so that a diagnostic about them shows what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from netspec.diagnostics import Collector, Source, Span
from netspec.runner.recipe.read_losses import BESIDE
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, read

# Keys whose short form is one of the long form's keys.
_SHORT = {"model": "spec", "warmup": "steps", "early_stopping": "patience", "clip": "norm"}


def apply_overrides(root: Mapping, overrides: tuple[tuple[str, str], ...], collector: Collector) -> Mapping:
    """The tree with every override put in, in order. Each is an option's name and its text:
    `("--set", "epochs=3")`; an option that stands for one key gives `("--epochs", "epochs=3")`."""
    for option, text in overrides:
        root = _apply(root, Source(option, text), collector)
    return root


def _apply(root: Mapping, source: Source, collector: Collector) -> Mapping:
    path, equals, value = source.text.partition("=")
    whole = Span(source, 0, len(source.text))
    if not equals or not all(part.strip("\"'") for part in _split(path)):
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
    for part in _split(path):
        word = part.strip("\"'")
        keys.append(Scalar(word, word, Span(source, start, start + len(part))))
        start += len(part) + 1
    try:
        changed = _put(root, tuple(keys), node)
    except _NoWay as fault:
        collector.add("NS703", fault.message, fault.span, help=fault.help)
        return root
    assert isinstance(changed, Mapping)
    return changed


def _split(path: str) -> list[str]:
    """The parts of a path; a quoted one may hold dots."""
    return re.split(r"\.(?=(?:[^\"']|\"[^\"]*\"|'[^']*')*$)", path)


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
            index, rest_ = _index(first, tuple(rest), items)
            changed = _put(items[index] if index < len(items) else None, rest_, value)
            return replace(node, items=(*items[:index], changed, *items[index + 1 :]))
        case Mapping(entries):
            return replace(node, entries=_put_entry(entries, first, tuple(rest), value))
        case Scalar(value=str(name)) if name == first.text:
            # `optimizer: AdamW` is short for `optimizer: {AdamW: }`.
            return Mapping((Entry(node, _put(None, tuple(rest), value)),), first.span)
        case Scalar(value=str()) if first.text in BESIDE:
            # `kind: cross_entropy` is short for `kind: {cross_entropy: }`, which words may stand beside.
            named = Entry(node, Scalar(None, "", node.span))
            return Mapping((named, Entry(first, _put(None, tuple(rest), value))), first.span)
    changed = _put(None, tuple(rest), value)
    if first.text == "0":
        return Sequence((changed,), first.span, flow=True)
    return Mapping((Entry(first, changed),), first.span)


def _put_entry(
    entries: tuple[Entry, ...], key: Scalar, rest: tuple[Scalar, ...], value: Node
) -> tuple[Entry, ...]:
    for index, entry in enumerate(entries):
        if entry.name == key.text:
            old = entry.value
            if rest and isinstance(old, Scalar) and _keeps(key.text, rest[0].text):
                # `model: PATH` is short for `model: {spec: PATH}`, and others are likewise.
                long = Scalar(_SHORT[key.text], _SHORT[key.text], old.span)
                old = Mapping((Entry(long, old),), old.span)
            changed = Entry(entry.key, _put(old, rest, value))
            return (*entries[:index], changed, *entries[index + 1 :])
    return (*entries, Entry(key, _put(None, rest, value)))


def _keeps(key: str, part: str) -> bool:
    """Whether the short form's value stays where a part of the long form is set: `warmup.epochs` is there in
    place of `warmup: 500`, and `warmup.start` beside it."""
    return key in _SHORT and (key, part) not in (("warmup", "epochs"), ("clip", "value"))


def _index(key: Scalar, rest: tuple[Scalar, ...], items: tuple[Node, ...]) -> tuple[int, tuple[Scalar, ...]]:
    """The place of an item, by its number or its name, and the path that leads on from there."""
    if key.text.isdecimal() and int(key.text) <= len(items):
        return int(key.text), rest
    named = [place for place, item in enumerate(items) if _is_named(item, key.text)]
    if len(named) == 1:
        return named[0], (key, *rest)
    if named:
        numbers = " and ".join(map(str, named))
        raise _NoWay(f"the list names `{key.text}` at {numbers}", key.span, "give the number")
    count = len(items)
    raise _NoWay(
        f"the list has {count} items, numbered from 0, and none is `{key.text}`",
        key.span,
        f"give a number up to {count}, which adds one, or the name of an item",
    )


def _is_named(item: Node, name: str) -> bool:
    match item:
        case Scalar(value=str(text)):
            return text == name
        case Mapping():
            return item.entry(name) is not None and item.entry("match") is None
    return False
