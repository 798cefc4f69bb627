"""`model` of a recipe: a path, or `{spec: PATH, params: {...}, weights: PATH}`."""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.document.ops import key_span
from netspec.resolve.params import literal
from netspec.runner.recipe.keys import ModelKeys
from netspec.runner.recipe.records import ModelUse
from netspec.syntax import Mapping, Node, Scalar, kind_of

SAFE = ".safetensors"


def read_model(node: Node | None, root: Mapping, collector: Collector) -> ModelUse:
    """The spec to train; a `faulty` one where the recipe names none."""
    match node:
        case None:
            return ModelUse("", root.span, faulty=True)
        case Scalar(value=str(path)) if path:
            # A file of weights holds its spec too.
            weights = path if path.endswith(SAFE) else None
            return ModelUse(path, node.span, weights=weights, weights_span=node.span)
        case Mapping():
            return _long(node, collector)
    collector.add(
        "NS104",
        f"`model` of a recipe must be a path, but is {kind_of(node)}",
        node.span,
        help="write `model: ../mnist.yaml`, or `{spec: PATH, params: {...}}`",
    )
    return ModelUse("", node.span, faulty=True)


def _long(node: Mapping, collector: Collector) -> ModelUse:
    keys = decode(node, ModelKeys, collector, where="`model`", at=key_span(node))
    spec, params, weights = (getattr(keys, name, None) for name in ("spec", "params", "weights"))
    if spec is None:
        return ModelUse("", key_span(node), faulty=True)
    given = () if params is None else params.entries
    return ModelUse(
        spec.text,
        spec.span,
        {entry.name: literal(entry.value) for entry in given},
        {entry.name: entry.key.span for entry in given},
        weights=None if weights is None else weights.text,
        weights_span=None if weights is None else weights.span,
    )
