"""Dimension indices: negative ones counted from the end, those outside the rank reported (NS406).

>>> from netspec.shapes.call import Call
>>> axis(Call("softmax", "softmax"), -1, 4)
3
"""

from __future__ import annotations

from collections.abc import Iterable

from netspec.shapes.call import Call


def axis(call: Call, index: int, rank: int, *, argument: str | None = "dim", new: int = 0) -> int:
    """`index` as a number from 0. A scalar counts as rank 1, as in PyTorch.

    `new`: how many positions the op adds (1 for `unsqueeze` and `stack`, which may name the end).
    """
    count = max(rank + new, 1)
    if not -count <= index < count:
        call.fail(
            "NS406",
            f"`{call.name}` uses dimension {index} of a value with {dimensions(rank)}",
            argument=argument,
            help=f"use a dimension from {-count} to {count - 1}",
            span_text=f"{-count} to {count - 1} exist",
        )
    return index % count


def axes(
    call: Call, indices: int | Iterable[int], rank: int, *, argument: str | None = "dim"
) -> tuple[int, ...]:
    """Several indices, each normalised; naming one dimension twice is a fault (NS408)."""
    given = (indices,) if isinstance(indices, int) else tuple(indices)
    found: list[int] = []
    for index in given:
        place = axis(call, index, rank, argument=argument)
        if place in found:
            call.fail("NS408", f"`{call.name}` names dimension {place} twice", argument=argument)
        found.append(place)
    return tuple(found)


def dimensions(rank: int) -> str:
    """A rank as messages word it: "1 dimension", "4 dimensions"."""
    return f"{rank} dimension" if rank == 1 else f"{rank} dimensions"
