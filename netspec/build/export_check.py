"""An exported network beside the module that it was made from: the same inputs, and the results compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from netspec.build.examples import Examples
from netspec.build.export_program import first_line
from netspec.errors import NetspecError
from netspec.shapes.failing import sizes_text

_TURNS = 3
# The greatest difference, as a part of the greatest value; the runtimes sum in other orders. Below `_LEAST`,
# values may be what is left of larger ones that cancel.
_LEAST = 1e-3
_ALLOWED = {torch.float64: 1e-8, torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.03}

Run = Callable[[tuple[Any, ...]], list[torch.Tensor]]


class Refused(Exception):
    """The exported network does not run for these inputs."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One run of both: `difference` is the greatest between any two values, None where the exported
    network refuses the sizes, with `reason`."""

    sizes: str
    difference: float | None
    reason: str = ""


def compared(
    module: nn.Module, run: Run, examples: Examples, default: int, fixed: dict[str, int]
) -> tuple[Compared, ...]:
    """Compare for several sizes. NetspecError where the results differ, or none can be compared."""
    found: dict[str, Compared] = {}
    for turn in range(_TURNS):
        sizes = examples.sizes(default, turn) | {
            symbol.name: fixed[symbol.name] for symbol in examples.symbols if symbol.name in fixed
        }
        where = sizes_text(sizes)
        if where in found:
            continue
        arguments = examples.tensors(sizes)
        try:
            with torch.no_grad():
                expected = _tensors(module(*arguments))
        except RuntimeError:
            # A size that the network itself refuses says nothing of the export.
            continue
        found[where] = _one(run, arguments, expected, where)
    results = tuple(found.values())
    if results[0].difference is None:
        raise NetspecError(f"the exported network does not run: {results[0].reason}")
    return results


def _one(run: Run, arguments: tuple[Any, ...], expected: list[torch.Tensor], where: str) -> Compared:
    try:
        got = run(arguments)
    except Refused as refusal:
        return Compared(where, None, str(refusal))
    if [each.shape for each in got] != [each.shape for each in expected]:
        shapes = " and ".join(str([list(each.shape) for each in side]) for side in (got, expected))
        raise NetspecError(f"the exported network makes other shapes than the module{_for(where)}: {shapes}")
    greatest = 0.0
    for one, other in zip(got, expected, strict=True):
        difference, allowed = _difference(one, other)
        greatest = max(greatest, difference)
        if not difference <= allowed:
            raise NetspecError(
                f"the exported network computes other values than the module{_for(where)}: "
                f"they differ by {difference:.2g}; nothing was written"
            )
    return Compared(where, greatest)


def _for(where: str) -> str:
    return f" for {where}" if where else ""


def _difference(one: torch.Tensor, other: torch.Tensor) -> tuple[float, float]:
    """The greatest difference of two tensors, and the greatest that is allowed."""
    if torch.equal(one, other):
        return 0.0, 0.0
    if not other.dtype.is_floating_point or not torch.equal(one.isfinite(), other.isfinite()):
        return float("inf"), 0.0
    finite = other.isfinite()
    a, b = one[finite].double(), other[finite].double()
    scale = max(_LEAST, float(b.abs().max())) if b.numel() else _LEAST
    return float((a - b).abs().max()) if b.numel() else 0.0, scale * _ALLOWED.get(other.dtype, 0.0)


def _tensors(result: Any) -> list[torch.Tensor]:
    return [each for each in tree_leaves(result) if isinstance(each, torch.Tensor)]


def flat(arguments: tuple[Any, ...]) -> Iterator[torch.Tensor]:
    """The tensors among the arguments of a call, in order."""
    return (each for each in tree_leaves(arguments) if isinstance(each, torch.Tensor))


def runs(module: Any) -> Run:
    """A program of `torch.export`, as something to compare."""

    def run(arguments: tuple[Any, ...]) -> list[torch.Tensor]:
        try:
            with torch.no_grad():
                return _tensors(module(*arguments))
        except (RuntimeError, AssertionError, ValueError) as error:
            raise Refused(first_line(error)) from error

    return run
