"""Shape rules of functions and tensor methods: `FUNCTION_RULES`, by PyTorch's name.

One family a file, each with its `RULES`. A name that ends in `_` works in place: the rule of the
function without it, whose result must fit the tensor that it is written to.
"""

from __future__ import annotations

from netspec.shapes.call import Rule
from netspec.shapes.rules.families import Families
from netspec.shapes.rules.functions.inplace import in_place

__all__ = ["FUNCTION_RULES", "function_rule"]

# Those that most specs name come first.
_FAMILIES = (
    "activation",
    "pooling",
    "reshaping",
    "binary",
    "reductions",
    "joining",
    "splitting",
    "permuting",
    "products",
    "unary",
    "delegation",
    "normalization",
    "attention",
    "losses",
    "embedding",
    "indexing",
    "conversion",
    "factories",
    "convolution",
    "linear",
    "padding",
    "repeating",
    "matrices",
    "decompositions",
    "weighted",
    "ordering",
    "diagonals",
    "einsum",
    "sampling",
    "series",
    "spectra",
    "writing",
    "vision",
    "boxes",
    "counted",
    "indices",
)

FUNCTION_RULES: Families[Rule] = Families(__name__, _FAMILIES, "RULES")


def function_rule(name: str) -> Rule | None:
    """The rule of a function or tensor method, also of one that works in place."""
    rule = FUNCTION_RULES.get(name)
    if rule is None and name.endswith("_"):
        base = FUNCTION_RULES.get(name[:-1])
        rule = None if base is None else in_place(name[:-1], base)
    return rule
