"""`discard: true`: a layer that is built, takes part in `init`, and is then thrown away.

A network that is cut out of a larger one draws the random numbers of the larger one; only so does one seed
give both the same weights.
"""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.document.records import LayerDecl
from netspec.resolve.program import AutoArgument, Layer


def discarded(declared: LayerDecl, layer: Layer, around: tuple[str, ...], collector: Collector) -> bool:
    """Whether a layer is to be discarded; reported where it cannot be."""
    if declared.discard is None:
        return False
    why = None
    if around or declared.name is None:
        why = "stands beside a layer of the module itself, under its name"
    elif declared.clauses.first is not None or layer.group:
        why = f"stands alone, without `{_other(declared)}`"
    if why is not None:
        collector.add(
            "NS102", f"`discard` {why}", declared.discard.key.span,
            help="write it in `layers`: `name: {Name: arguments, discard: true}`",
        )  # fmt: skip
        return False
    for argument in _automatic(layer):
        collector.add(
            "NS306", f"`auto` has no value in `{layer.name}`, which is discarded and never called",
            argument.span,
            help="write the number",
        )  # fmt: skip
    return True


def _other(declared: LayerDecl) -> str:
    first = declared.clauses.first
    return first.key.text if first is not None else "group"


def _automatic(layer: Layer) -> list[AutoArgument]:
    found = [each for each in layer.arguments.all if isinstance(each, AutoArgument)]
    return found + [each for child in layer.children for each in _automatic(child)]
