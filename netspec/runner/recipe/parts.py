"""One file in two parts: which of its items belong to `split: train` and which to `split: test`."""

from __future__ import annotations

import math


def part_of(count: int, split: str, held_out: float) -> range:
    """The items of a part: the last ones are held out, so that no window lies in both parts.

    >>> part_of(10, "train", 0.25), part_of(10, "test", 0.25), part_of(10, "all", 0.25)
    (range(0, 7), range(7, 10), range(0, 10))
    """
    first = count - math.ceil(count * held_out)
    match split:
        case "train":
            return range(first)
        case "test":
            return range(first, count)
    return range(count)


def windows(count: int, context: int, stride: int | None) -> int:
    """How many windows of `context` numbers, each with the next one behind it, lie in so many numbers.

    >>> windows(9, 4, None), windows(8, 4, None), windows(9, 4, 1), windows(4, 4, None)
    (2, 1, 5, 0)
    """
    return max(0, (count - 1 - context) // (stride or context) + 1)
