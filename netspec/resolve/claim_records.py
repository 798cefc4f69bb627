"""`assert`: what a module says of itself, for `validate` to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.diagnostics import Span
from netspec.resolve.argument_records import Argument

Count: TypeAlias = Literal["params", "buffers", "flops", "memory"]


@dataclass(frozen=True, slots=True)
class ClaimedSize:
    """One size of a claimed shape: an integer or expression, or None for `_`."""

    size: Argument | None
    span: Span


@dataclass(frozen=True, slots=True)
class ClaimedTensor:
    """A tensor of this shape; `rest` is the place of `...` among the sizes (None: it has none), `sizes`
    None where any shape will do."""

    sizes: tuple[ClaimedSize, ...] | None
    span: Span
    rest: int | None = None
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimedParts:
    """A tuple or list, or with `keys` a dict or named tuple."""

    items: tuple[Claimed, ...]
    span: Span
    keys: tuple[str, ...] | None = None


Claimed: TypeAlias = ClaimedTensor | ClaimedParts


@dataclass(frozen=True, slots=True)
class OutputClaim:
    """What forward returns, in one mode (`training` true or false) or in both."""

    claimed: Claimed
    span: Span
    training: bool | None = None


@dataclass(frozen=True, slots=True)
class CountClaim:
    """A number that the module has, compared with what an expression gives, times a `unit`."""

    what: Count
    comparison: Literal["<", "<=", ">", ">=", "=="]
    bound: Argument
    unit: int
    text: str
    span: Span
