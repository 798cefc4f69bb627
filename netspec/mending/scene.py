"""What the search looks at: the findings, and every key and scalar of the file with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from netspec.diagnostics import Diagnostic, Source, Span
from netspec.syntax import Mapping, Node, Scalar, Sequence

Path = tuple[str | int, ...]
_SPATIAL = frozenset("kernel_size stride padding dilation output_padding output_size".split())
_SHAPE = re.compile(r"\[[^\[\]]*\]")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?![\w.]*\w)")


@dataclass(frozen=True, slots=True)
class Slot:
    """A key, or a value with the path that leads to it from the top of the file."""

    path: Path
    node: Scalar
    is_key: bool = False

    @property
    def text(self) -> str:
        return self.node.span.text

    @property
    def module(self) -> Path:
        """The path of the block around it; () for the spec's own class."""
        return self.path[:2] if self.path[0] == "blocks" else ()

    @property
    def section(self) -> str:
        """`layers`, `forward`, ...: the key below the module."""
        return str(self.inside[0]) if self.inside else ""

    @property
    def inside(self) -> Path:
        """The path below the module."""
        return self.path[len(self.module) :]

    @property
    def role(self) -> Path:
        """The op and the argument: what the same slot of other layers shares with it."""
        inside = self.inside
        ops = [i for i, part in enumerate(inside) if isinstance(part, str) and part[:1].isupper()]
        at = ops[-1] if ops else min(2, len(inside) - 1)
        named = [i for i, part in enumerate(inside) if i > at and isinstance(part, str)]
        rest = inside[named[0] :] if named else inside[at + 1 :] or (0,)
        return inside[at], *rest

    @property
    def is_spatial(self) -> bool:
        """Whether it is a kernel, a stride, a padding: what changes rows and columns, and no channels."""
        op, argument = str(self.role[0]), self.role[1]
        if isinstance(argument, str):
            return argument in _SPATIAL
        return ("Conv" in op and argument >= 2) or "Pool" in op


@dataclass(frozen=True)
class Scene:
    """One file with its errors, those first that have their place in it, and the names of what the findings
    call unused."""

    source: Source
    root: Mapping
    errors: tuple[Diagnostic, ...]
    unused: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """Where the first error shows; 0 for another file."""
        span = self.errors[0].span
        return span.start_position.line if span.source is self.source else 0

    @property
    def has_exact_claim(self) -> bool:
        """Whether the first error is an `assert` that nothing meets by chance."""
        first = self.errors[0]
        return first.code == "NS411" and re.search(r"says ==|the output", first.message) is not None

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(_slots(self.root, ()))

    @property
    def values(self) -> Iterator[Slot]:
        return (slot for slot in self.slots if not slot.is_key)

    @property
    def keys(self) -> Iterator[Slot]:
        return (slot for slot in self.slots if slot.is_key)

    @cached_property
    def siblings(self) -> dict[Path, Counter[str]]:
        """What stands in the slots of each role."""
        found: dict[Path, Counter[str]] = {}
        for slot in self.values:
            found.setdefault(slot.role, Counter())[slot.text] += 1
        return found

    @cached_property
    def numbers(self) -> Counter[str]:
        """How often each number stands in the file."""
        return Counter(slot.text for slot in self.values if type(slot.node.value) is int)

    @cached_property
    def said(self) -> tuple[int, ...]:
        """The numbers of the first messages, in order; of two shapes, those in which they differ."""
        found: list[int] = []
        for each in self.errors[:2]:
            shapes = [Counter(_integers(text)) for text in _SHAPE.findall(each.message)]
            if len(shapes) == 2:
                found += [*(shapes[0] - shapes[1]), *(shapes[1] - shapes[0])]
            else:
                found += _integers(f"{each.message} {each.span_text}")
        return tuple(dict.fromkeys(found))

    @cached_property
    def marked(self) -> tuple[int, ...]:
        """The lines that the findings mark, and those that declare the layers and names marked there."""
        spans = [span for each in self.errors[:3] for span in (each.span, *(x.span for x in each.labels))]
        own = [span for span in spans if span.source is self.source]
        words = {word for span in own for word in re.findall(r"\w+", span.text)}
        words |= {word for each in self.errors[:3] for word in re.findall(r"`([\w.]+)`", each.message)}
        lines = [span.start_position.line for span in own]
        return tuple(dict.fromkeys((*lines, *self._declaring(words))))

    @cached_property
    def upstream(self) -> tuple[int, ...]:
        """The lines of the two steps before those that are marked, and of the layers that they call."""
        starts = self.source.line_starts
        before = {line - back for line in self.marked for back in (1, 2) if line > back}
        words = {
            slot.text for slot in self.slots
            if slot.section == "forward" and self.source.position(slot.node.span.start).line in before
        }  # fmt: skip
        return tuple(
            dict.fromkeys((*(line for line in before if line <= len(starts)), *self._declaring(words)))
        )

    def _declaring(self, words: set[str]) -> list[int]:
        """The lines of the layers, blocks and inputs of these names."""
        return [key.node.span.start_position.line for key in self.keys if key.text in words]

    @cached_property
    def is_spatial(self) -> bool:
        """Whether rows or columns are what does not fit."""
        first = self.errors[0]
        return first.code == "NS404" or re.search(r"dimension (-[12]|[2-4])\b|cat", first.message) is not None

    def distance(self, span: Span) -> int:
        """How many lines a place is away from what the findings mark."""
        line = span.start_position.line
        marked = min((abs(line - each) for each in self.marked), default=0)
        return min(marked, *(abs(line - each) + 1 for each in self.upstream), marked)

    def count(self, word: str) -> int:
        """How often a word stands in the file."""
        return self._words[word]

    @cached_property
    def _words(self) -> Counter[str]:
        texts = (re.sub(r"(^|\s)#.*", "", line) for line in self.source.text.splitlines())
        return Counter(word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text))


def _integers(text: str) -> list[int]:
    numbers = (each.group().replace(",", "") for each in _NUMBER.finditer(text))
    return [int(number) for number in numbers if number.strip("-")]


def _slots(node: Node, path: Path) -> Iterator[Slot]:
    match node:
        case Scalar():
            if path:
                yield Slot(path, node)
        case Sequence(items=items):
            for index, item in enumerate(items):
                yield from _slots(item, (*path, index))
        case Mapping(entries=entries):
            for entry in entries:
                inner = (*path, entry.name)
                yield Slot(inner, entry.key, is_key=True)
                yield from _slots(entry.value, inner)
