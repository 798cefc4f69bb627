"""Inputs to call a network with, made from what its spec declares: for exporters, and to compare results."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from netspec.errors import NetspecError
from netspec.graph.ir import GraphInput
from netspec.pipeline import Checked
from netspec.shapes.dims import Dim, Symbol

BATCH = 2
"""The first size of the first input; exporters take 1 for a fixed size."""
# Tried in turn for a size without a typical one: a network may demand a large enough input.
DEFAULTS = (16, 64, 256)

Leaf = Callable[[str, GraphInput, tuple[Dim, ...]], Any]


@dataclass(frozen=True, slots=True)
class Examples:
    """The inputs of a network, None for an optional one that is left out."""

    inputs: tuple[GraphInput | None, ...]

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The sizes that calls may choose, in the order of the inputs; the first is taken for the batch."""
        found = (
            symbol
            for _, _, shape in self.leaves
            for size in shape
            for symbol in sorted(size.symbols, key=lambda each: each.name)
        )
        return tuple(dict.fromkeys(found))

    @property
    def leaves(self) -> Iterator[tuple[str, GraphInput, tuple[Dim, ...]]]:
        """Each tensor: its name, its declaration, its shape."""
        found: list[tuple[str, GraphInput, tuple[Dim, ...]]] = []
        self.tree(lambda *leaf: found.append(leaf))
        return iter(found)

    def tree(self, leaf: Leaf) -> tuple[Any, ...]:
        """The arguments of a call, each tensor in them made by `leaf(name, declaration, shape)`."""
        return tuple(None if each is None else _tree(each.name, each, leaf) for each in self.inputs)

    def sizes(self, default: int, turn: int) -> dict[str, int]:
        """Sizes for the symbols: typical ones, then others that are unlike each other, then a batch of 1."""
        typical = {
            name: size for each in self.inputs if each is not None for name, size in each.typical.items()
        }
        found = {}
        for place, each in enumerate(self.symbols):
            base = _within(each, max(BATCH, typical.get(each.name, BATCH if place == 0 else default)))
            found[each.name] = _other(each, base, 1 + place) if turn == 1 else base
            if turn == 2 and place == 0:
                found[each.name] = each.minimum
        return found

    def tensors(self, sizes: Mapping[str, int]) -> tuple[Any, ...]:
        """Arguments with values, the same ones for the same sizes."""
        generator = torch.Generator().manual_seed(0)
        return self.tree(lambda _, each, shape: _values(each, [d.evaluate(sizes) for d in shape], generator))


def examples_of(checked: Checked, given: tuple[str, ...] = ()) -> Examples:
    """The inputs of a spec; of the optional ones those in `given`. NetspecError where one has any rank."""
    assert checked.program is not None
    assert checked.graph is not None
    optional = {each.name for each in checked.program.main.inputs if each.optional}
    for name in given:
        if name not in optional:
            known = ", ".join(sorted(optional)) or "none"
            raise NetspecError(f"{name} is no optional input of the network; optional inputs: {known}")
    inputs = [None if each.name in optional - {*given} else each for each in checked.graph.inputs]
    while inputs and inputs[-1] is None:
        inputs.pop()
    return Examples(tuple(inputs))


def _tree(name: str, each: GraphInput, leaf: Leaf) -> Any:
    if each.integers is not None:
        return BATCH if isinstance(each.integers, Dim) else (BATCH,) * len(each.integers)
    if each.structure:
        parts = {key: _tree(f"{name}.{key}", part, leaf) for key, part in each.parts}
        return parts if each.structure == "dict" else tuple(parts.values())
    if each.listed:
        return [leaf(f"{name}.{at}", each, _known(name, shape)) for at, shape in enumerate(each.items)]
    return leaf(name, each, _known(name, each.shape))


def _known(name: str, shape: tuple[Dim, ...] | None) -> tuple[Dim, ...]:
    if shape is None:
        raise NetspecError(f"the input `{name}` may have any number of dimensions (`...`): export needs one")
    return shape


def _within(symbol: Symbol, size: int) -> int:
    return int(min(max(size, symbol.minimum), symbol.maximum or math.inf))


def _other(symbol: Symbol, base: int, step: int) -> int:
    """Another size than `base`, if the bounds leave one."""
    more = _within(symbol, base + step)
    return more if more != base else _within(symbol, base - step)


def _values(each: GraphInput, shape: list[int], generator: torch.Generator) -> torch.Tensor:
    dtype: torch.dtype = getattr(torch, each.dtype)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, generator=generator, dtype=torch.float32).to(dtype)
    # Without a range, these are indices that every table has.
    low, high = each.range or (0, 2)
    return torch.randint(low, high, shape, generator=generator).to(dtype)
