"""Shape rules of functions and tensor methods: `FUNCTION_RULES`, by PyTorch's name.

One family a file, each with its `RULES`. A name that ends in `_` works in place: the rule of the
function without it, whose result must fit the tensor that it is written to.
"""

from __future__ import annotations

from netspec.shapes.call import Rule
from netspec.shapes.rules.functions import (
    activation,
    attention,
    binary,
    boxes,
    conversion,
    convolution,
    delegation,
    diagonals,
    einsum,
    embedding,
    factories,
    indexing,
    joining,
    linear,
    losses,
    matrices,
    normalization,
    ordering,
    padding,
    permuting,
    pooling,
    products,
    reductions,
    repeating,
    reshaping,
    sampling,
    series,
    spectra,
    splitting,
    unary,
    vision,
    writing,
)
from netspec.shapes.rules.functions.inplace import in_place

__all__ = ["FUNCTION_RULES", "function_rule"]

_FAMILIES = (
    activation,
    attention,
    binary,
    boxes,
    conversion,
    convolution,
    delegation,
    diagonals,
    einsum,
    embedding,
    factories,
    indexing,
    joining,
    linear,
    losses,
    matrices,
    normalization,
    ordering,
    padding,
    permuting,
    pooling,
    products,
    reductions,
    repeating,
    reshaping,
    sampling,
    series,
    spectra,
    splitting,
    unary,
    vision,
    writing,
)

FUNCTION_RULES: dict[str, Rule] = {op: rule for family in _FAMILIES for op, rule in family.RULES.items()}


def function_rule(name: str) -> Rule | None:
    """The rule of a function or tensor method, also of one that works in place."""
    rule = FUNCTION_RULES.get(name)
    if rule is None and name.endswith("_"):
        base = FUNCTION_RULES.get(name[:-1])
        rule = None if base is None else in_place(name[:-1], base)
    return rule
