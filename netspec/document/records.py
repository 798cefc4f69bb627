"""What layers, steps and inputs say, before any name has a meaning.

`OpUse` is the one form for layers, steps, losses, optimizers and transforms: `{Name: arguments}`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.diagnostics import Span
from netspec.syntax import Entry, Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class OpUse:
    """A name with its arguments as written; `arguments` is None where there are none."""

    name: str
    span: Span
    arguments: Node | None = None

    @property
    def positional(self) -> tuple[Node, ...]:
        match self.arguments:
            case None | Mapping():
                return ()
            case Scalar(value=None, quoted=False):
                return ()
            case Scalar() as scalar:
                return (scalar,)
        items = self.arguments.items
        return items[:-1] if items and isinstance(items[-1], Mapping) else items

    @property
    def keywords(self) -> tuple[Entry, ...]:
        match self.arguments:
            case Mapping(entries):
                return entries
            case None | Scalar():
                return ()
        last = self.arguments.items[-1] if self.arguments.items else None
        return last.entries if isinstance(last, Mapping) else ()


@dataclass(frozen=True, slots=True)
class Clauses:
    """What stands beside an op: `when`, `repeat`, `for`, `let`; None where absent."""

    when: Entry | None = None
    repeat: Entry | None = None
    loop: Entry | None = None
    let: Entry | None = None

    @property
    def first(self) -> Entry | None:
        return self.when or self.repeat or self.loop or self.let


@dataclass(frozen=True, slots=True)
class LayerDecl:
    """One entry of `layers` or of a container; `name` is None in a list.

    `children` is set for containers and groups: their entries in place of arguments. `discard` is set
    where the layer is only built. A `faulty` one was reported.
    """

    name: Scalar | None
    op: OpUse | None
    clauses: Clauses
    span: Span
    children: tuple[LayerDecl, ...] | None = None
    faulty: bool = False
    discard: Entry | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A list of steps as a source: it starts at the current value and yields its last one."""

    steps: tuple[StepDecl, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class FaultySource:
    """A source that was reported."""

    span: Span


SourceDecl: TypeAlias = "Scalar | Branch | FaultySource"


@dataclass(frozen=True, slots=True)
class From:
    """`from`: one source, a list, or a mapping from argument name to source."""

    positional: tuple[SourceDecl, ...]
    keywords: tuple[tuple[Scalar, SourceDecl], ...]
    span: Span
    single: bool


@dataclass(frozen=True, slots=True)
class Results:
    """`as`: a name, or a list of names (lists nest); `_` drops a result. A `faulty` one was reported."""

    names: tuple[Scalar | Results, ...]
    span: Span
    unpack: bool
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class StepDecl:
    """One step; `steps` is set for a loop or condition over steps."""

    op: OpUse | None
    span: Span
    source: From | None = None
    results: Results | None = None
    collect: Entry | None = None
    clauses: Clauses = field(default_factory=Clauses)
    steps: tuple[StepDecl, ...] | None = None
