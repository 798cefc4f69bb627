"""YAML events -> nodes with spans, under budgets, without recursion.

libyaml's event parser does the lexing; composing is done here, because its own composer drops
duplicate keys, loses spans and overflows the C stack on deep nesting. Faults that spoil the text
end the reading; all others are reported and mended in the tree, so that later stages see them once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from netspec.diagnostics import Collector, Label, Source, Span
from netspec.syntax.faults import report_yaml_error
from netspec.syntax.mend import mend
from netspec.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.syntax.removal import removal
from netspec.syntax.scalars import plain_value

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_DEPTH = 64
MOST_ALIASED_NODES = 100_000
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """The root node, and where scalars hold a `#` that starts no comment."""

    root: Node
    scalars_with_hash: tuple[Span, ...]

    @property
    def source(self) -> Source:
        return self.root.span.source

    def is_comment(self, offset: int) -> bool:
        """Whether the `#` at an offset starts a comment."""
        return not any(span.start <= offset < span.end for span in self.scalars_with_hash)


class _Stop(Exception):
    """A fault after which no tree can be built; it has been reported."""


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read; `nodes` alternates keys and values in a mapping."""

    mapping: bool
    nodes: list[Node]
    start: int
    flow: bool
    anchor: str | None
    weight: int = 1


def read(source: Source, collector: Collector) -> Document | None:
    """The document of a source; None where there is none, which has then been reported."""
    bad = _UNPRINTABLE.search(source.text)
    if bad:
        span = Span(source, bad.start(), bad.end())
        collector.add(
            "NS001",
            f"the character U+{ord(bad.group()):04X} is not allowed in YAML",
            span,
            help="delete it, or write it as an escape in a double-quoted text",
        )
        return None
    builder = _Builder(source, collector)
    try:
        root = builder.build(yaml.parse(source.text, Loader=Loader))
    except yaml.YAMLError as error:
        report_yaml_error(error, source, collector)
        return None
    except _Stop:
        return None
    if root is None or (isinstance(root, Scalar) and root.value is None and not root.quoted):
        collector.add(
            "NS003",
            "the file holds no spec",
            Span(source, 0, 0),
            help="start with `netspec: 1`, or let `netspec init NAME` write a first spec",
        )
        return None
    return Document(root, tuple(builder.hashes))


class _Builder:
    def __init__(self, source: Source, collector: Collector) -> None:
        self.source = source
        self.collector = collector
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open_anchors: set[str] = set()
        self.aliased = 0
        self.hashes: list[Span] = []
        self.root: Node | None = None

    def build(self, events: Iterator[yaml.Event]) -> Node | None:
        documents = 0
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self.scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.start(event, mapping=kind is yaml.MappingStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.end(event)
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.stop(
                        "NS011",
                        "a second YAML document starts here",
                        event,
                        help="keep one spec in each file",
                    )
        return self.root

    def span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index, event.end_mark.index)

    def stop(self, code: str, message: str, event: Any, *, help: str) -> None:
        self.collector.add(code, message, self.span(event), help=help)
        raise _Stop

    def check_tag(self, event: Any, implicit: bool) -> None:
        if event.tag is not None and not implicit:
            end = self.source.text.find(" ", event.start_mark.index)
            start = event.start_mark.index
            span = Span(self.source, start, end if end > start else start + 1)
            self.collector.add(
                "NS005",
                f"the tag `{span.text}` is not allowed",
                span,
                help="remove the tag: a spec holds plain data",
            )

    def scalar(self, event: Any) -> None:
        quoted = event.style in ("'", '"', "|", ">")
        if event.tag is not None:
            self.check_tag(event, implicit=False)
        text: str = event.value
        span = self.span(event)
        if "#" in text:
            self.hashes.append(span)
        node = Scalar(text if quoted else plain_value(text), text, span, quoted)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1)
        self.add(node, 1)

    def start(self, event: Any, *, mapping: bool) -> None:
        if event.tag is not None:
            self.check_tag(event, implicit=False)
        if len(self.stack) >= MOST_DEPTH:
            self.stop(
                "NS007",
                f"the nesting is deeper than {MOST_DEPTH} levels",
                event,
                help="move the inner part to a block of its own",
            )
        if event.anchor:
            self.open_anchors.add(event.anchor)
        self.stack.append(_Open(mapping, [], event.start_mark.index, bool(event.flow_style), event.anchor))

    def end(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.flow:
            end = event.end_mark.index
        else:
            line_end = self.source.text.find("\n", frame.start)
            end = len(self.source.text) if line_end < 0 else line_end
        span = Span(self.source, frame.start, end)
        node: Node
        if frame.mapping:
            node = Mapping(self.entries(frame), span, frame.flow)
        else:
            nodes = mend(tuple((item, None) for item in frame.nodes), self.source, self.collector, frame.flow)
            node = Sequence(tuple(item for item, _ in nodes), span, frame.flow)
        if frame.anchor:
            self.anchors[frame.anchor] = (node, frame.weight)
            self.open_anchors.discard(frame.anchor)
        self.add(node, frame.weight)

    def entries(self, frame: _Open) -> tuple[Entry, ...]:
        pairs = tuple(zip(frame.nodes[::2], frame.nodes[1::2], strict=True))
        entries: list[Entry] = []
        seen: dict[str, Scalar] = {}
        for key, value in mend(pairs, self.source, self.collector, frame.flow):
            if not isinstance(key, Scalar):
                self.collector.add(
                    "NS001",
                    "a key must be a name, not a collection",
                    key.span,
                    help="write the key as one word",
                )
                continue
            assert value is not None
            first = seen.setdefault(key.text, key)
            if first is not key:
                self.collector.add(
                    "NS004",
                    f"the key `{key.text}` stands twice in one mapping",
                    key.span,
                    labels=[Label(first.span, "first here")],
                    help="rename one of the two, or remove it",
                    fixes=removal(key, value, entries[-1].value if entries else None, flow=frame.flow),
                )
            entries.append(Entry(key, value))
        return tuple(entries)

    def alias(self, event: Any) -> None:
        name = event.anchor
        if name in self.open_anchors:
            self.stop(
                "NS006",
                f"the alias `*{name}` stands inside what it repeats",
                event,
                help="an alias must come after the whole value that it repeats",
            )
        if name not in self.anchors:
            self.stop(
                "NS006",
                f"no anchor `&{name}` stands before this alias",
                event,
                help="quote the text if it is meant to start with `*`",
            )
        node, weight = self.anchors[name]
        self.aliased += weight
        if self.aliased > MOST_ALIASED_NODES:
            self.stop(
                "NS006",
                f"aliases repeat more than {MOST_ALIASED_NODES:,} values",
                event,
                help="use `repeat`, `for` or a block in place of nested aliases",
            )
        self.add(node, weight)

    def add(self, node: Node, weight: int) -> None:
        if self.stack:
            self.stack[-1].nodes.append(node)
            self.stack[-1].weight += weight
        else:
            self.root = node
