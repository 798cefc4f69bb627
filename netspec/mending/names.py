"""A name that is misspelled where it is declared, or where it is used."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

from netspec.catalog.load import DATA, DOCS
from netspec.diagnostics import Diagnostic, Span, near
from netspec.mending.change import Change, instead, written
from netspec.mending.scene import Scene

_CODES = frozenset("NS201 NS203 NS204 NS208 NS212 NS301 NS202 NS103 NS401 NS402 NS403 NS404 NS407".split())
_WORD = re.compile(r"[A-Za-z_]\w*")
_TYPES = ("int", "float", "bool", "str", "list", "shape", "op")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Keys of the language are no names.
_LANGUAGE = frozenset(
    """netspec name doc params let inputs layers parameters buffers forward outputs init tie assert blocks use
    model sequential extends from as when for repeat collect steps group type default min max shape dtype
    call index assign getitem list append super discard range optional""".split()
)


def renamed(scene: Scene) -> Iterator[Change]:
    """What is declared and used nowhere gets the name that is used and declared nowhere; or the use is
    renamed to what is declared."""
    declared = [slot for slot in scene.slots if _declares(scene, slot.node.span)]
    unused = {slot.text: slot.node.span for slot in declared if scene.count(slot.text) == 1}
    for name, found in _missing(scene):
        for other in _like(name, tuple(unused)):
            span = unused[other]
            yield Change(
                written(span, name), span, f"Rename `{other}` to `{name}`", (-2.0, scene.distance(span)),
                (_known(name, scene, other) - _known(other, scene, name), 0.0),
                _message(scene, other, name, found), telling=True,
            )  # fmt: skip
            at = re.search(rf"\b{re.escape(name)}\b", found.span.text)
            if at is not None and found.span.source is scene.source:
                use = Span(scene.source, found.span.start + at.start(), found.span.start + at.end())
                likely = (_known(other, scene, name) - _known(name, scene, other), 0.0)
                yield Change(written(use, other), use, instead(use, other), (-1.5,), likely)


def retyped(scene: Scene) -> Iterator[Change]:
    """A param whose type is misspelled has a text for a default: `depth: itn`."""
    for slot in scene.values:
        if slot.section == "params" and slot.path[-1] != "doc" and not slot.node.quoted:
            best = near(slot.text, _TYPES) if slot.text not in _TYPES and slot.text.isalpha() else None
            if best is not None:
                span = slot.node.span
                yield Change(written(span, best), span, instead(span, best), (-2.5,), (3.0,), telling=True)


def redimensioned(scene: Scene) -> Iterator[Change]:
    """An op of another number of dimensions: `Conv1d` for `Conv2d`."""
    if scene.errors[0].code != "NS401":
        return
    for slot in scene.slots:
        span = slot.node.span
        if scene.distance(span) == 0 and re.fullmatch(r"[A-Za-z_]+[123]d", slot.text):
            for digit in "213":
                text = f"{slot.text[:-2]}{digit}d"
                if text != slot.text:
                    yield Change(written(span, text), span, instead(span, text), (-0.7,), (1.0, 0.0, 0.0))


def _declares(scene: Scene, span: Span) -> bool:
    return span.text not in _LANGUAGE and _WORD.fullmatch(span.text) is not None


def _missing(scene: Scene) -> Iterator[tuple[str, Diagnostic]]:
    """The names that the errors speak of and that are declared nowhere, each with its error."""
    seen = set()
    for found in scene.errors[:3]:
        if found.code in _CODES:
            quoted = re.findall(r"`\$?([A-Za-z_]\w*)`", found.message)
            marked = (found.span.text, *(label.span.text for label in found.labels))
            words = (word for text in marked for word in _WORD.findall(text))
            for name in dict.fromkeys((*quoted, *words)):
                if name not in seen and name not in _LANGUAGE:
                    seen.add(name)
                    yield name, found


def _like(name: str, others: tuple[str, ...]) -> Iterator[str]:
    best = near(name, others)
    if best is not None:
        yield best
    letters = sorted(name.casefold())
    for other in others:
        if other != best and sorted(other.casefold()) == letters:
            yield other


def _message(scene: Scene, other: str, name: str, found: Diagnostic) -> str:
    """What is wrong, from the side of the declaration."""
    if scene.count(name) == 0:
        return ""
    line = found.span.start_position.line
    return f"`{other}` is never used, and `{name}`, used in line {line}, is declared nowhere"


def _known(word: str, scene: Scene, other: str) -> float:
    """How much a name looks like one: the share of its parts that are words of the catalog or of the file's
    other names, else by its pairs of letters; and whether it stands in more than one place."""
    parts = [part.casefold() for part in _PART.findall(word) if len(part) > 1]
    known = _vocabulary()
    around = _around(scene, word, other)
    share = sum(part in known or part in around for part in parts) / len(parts) if parts else 0.0
    return 2 * (scene.count(word) > 1) + share + _usual(word.casefold())


def _around(scene: Scene, *but: str) -> frozenset[str]:
    """The words of the file's other names."""
    names = (word for slot in scene.slots for word in _WORD.findall(slot.text) if word not in but)
    return frozenset(part.casefold() for name in names for part in _PART.findall(name))


def _usual(word: str) -> float:
    """How usual the rarest pair of letters in a word is, below one."""
    pairs = [first + second for first, second in itertools.pairwise(word) if (first + second).isalpha()]
    counts = _pairs()
    return min((math.log1p(counts[pair]) for pair in pairs), default=0.0) / 20


@functools.cache
def _vocabulary() -> frozenset[str]:
    """The words of the catalog: of the names and the descriptions of ops and of their arguments."""
    texts = (file.read_text(encoding="utf-8").casefold() for file in (DATA, DOCS))
    return frozenset(word for text in texts for word in re.findall(r"[a-z]{2,}", text))


@functools.cache
def _pairs() -> Counter[str]:
    """How many of those words have each pair of letters."""
    words = _vocabulary()
    return Counter(a + b for word in words for a, b in itertools.pairwise(word))
