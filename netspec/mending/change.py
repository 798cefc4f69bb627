"""A change that may mend a spec, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagnostics import Edit, Fix, Source, Span


@dataclass(frozen=True, slots=True)
class Change:
    """Edits of one place. `title` says what they do, `span` is what is wrong there.

    `order` is when to try it: small numbers first. `likely` is what speaks for it, should changes of other
    places mend the spec too: compared as a tuple, the greater the likelier. `message` says what is wrong,
    where the finding itself cannot: it speaks of another place. `telling`: it takes away more than the error,
    as a source does that nothing else uses.
    """

    edits: tuple[Edit, ...]
    span: Span
    title: str
    order: tuple[float, ...] = (0.0,)
    likely: tuple[float, ...] = ()
    message: str = ""
    telling: bool = False

    @property
    def line(self) -> int:
        return self.span.start_position.line

    @property
    def fix(self) -> Fix:
        return Fix(self.title, self.edits, "unsafe")

    def applied(self, source: Source) -> Source:
        text = source.text
        for edit in sorted(self.edits, key=lambda edit: edit.span.start, reverse=True):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        return Source(source.path, text)


def written(span: Span, text: str) -> tuple[Edit, ...]:
    """Another text in place of a span."""
    return (Edit(span, text),)


def instead(span: Span, text: str) -> str:
    """The title of a change that writes another text."""
    return f"Write `{text}` in place of `{span.text}`" if span.text else f"Write `{text}`"
