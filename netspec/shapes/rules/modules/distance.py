"""Distances between rows, and the losses made of them.

Rows are the last dimension (for CosineSimilarity the dimension `dim`); everything broadcasts.
"""

from __future__ import annotations

from netspec.shapes.axes import axis
from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.promotion import real_of, result_dtype, to_floating
from netspec.shapes.rules.modules.demands import COMPLEX, FLOATS, INTEGERS, ranked, typed
from netspec.shapes.rules.modules.reduction import reduced
from netspec.shapes.rules.modules.settings import Check, above, number
from netspec.shapes.values import Shape, Tensor, shape_text


def cosine_similarity(call: Call) -> Tensor:
    """x1 and x2 broadcast, without the dimension `dim`."""
    return _cosine(call, "x1", "x2", number(call, "dim"))


def _cosine(call: Call, first: str, second: str, dim: int) -> Tensor:
    a, b = call.tensor(first), call.tensor(second)
    dtype = result_dtype([a, b])
    typed(call, Tensor(a.shape, dtype), FLOATS, argument=first)
    shape = broadcast_inputs(call, a, b, argument=second)
    if shape is None:
        return Tensor(shape, dtype)
    place = axis(call, dim, len(shape))
    return Tensor((*shape[:place], *shape[place + 1 :]), dtype)


def pairwise_distance(call: Call) -> Tensor:
    """x1 and x2 broadcast, without the last dimension, or with 1 in its place."""
    found = _distance(call, call.tensor("x1"), call.tensor("x2"), "x2")
    if (
        found.shape is None
        or not call.settings["keepdim"]
        or not (call.tensor("x1").shape or call.tensor("x2").shape)
    ):
        return found
    return Tensor((*found.shape, ONE), found.dtype)


def _distance(call: Call, a: Tensor, b: Tensor, argument: str) -> Tensor:
    for tensor in (a, b):
        typed(call, tensor, FLOATS | INTEGERS | COMPLEX)
    shape = broadcast_inputs(call, a, b, argument=argument)
    return Tensor(None if shape is None else shape[:-1], real_of(to_floating(result_dtype([a, b]))))


def triplet(call: Call) -> Tensor:
    """Anchor, positive and negative of one rank -> a loss for each row."""
    names = ("anchor", "positive", "negative")
    anchor, positive, negative = (call.tensor(name) for name in names)
    shapes = [each.shape for each in (anchor, positive, negative)]
    known = [shape for shape in shapes if shape is not None]
    if len({len(shape) for shape in known}) > 1:
        call.fail(
            "NS401",
            f"`{call.name}` takes tensors of one rank but receives {', '.join(map(shape_text, shapes))}",
            help="give all three the same number of dimensions",
        )
    if call.settings.get("distance_function") is not None:
        return reduced(call, None, anchor.dtype)
    near = _distance(call, anchor, positive, "positive")
    far = _distance(call, anchor, negative, "negative")
    shape: Shape | None = broadcast_inputs(call, near, far, argument="negative")
    return reduced(call, shape, result_dtype([near, far]))


def cosine_embedding(call: Call) -> Tensor:
    """[N, D] and [N, D] with targets [N], or [D] and [D] with a target []."""
    target, shape = ranked(call, "target", (0, 1), "[N]", "[]")
    if shape is not None:
        layout = "[N, D]" if shape else "[D]"
        for name in ("input1", "input2"):
            ranked(call, name, (len(shape) + 1,), layout)
    similarity = _cosine(call, "input1", "input2", -1)
    joined = broadcast_inputs(call, similarity, target, argument="target")
    return reduced(call, joined, similarity.dtype)


def check_margin(call: Call) -> None:
    above(call, 0, "margin")


RULES: dict[str, Rule] = {
    "CosineSimilarity": cosine_similarity,
    "PairwiseDistance": pairwise_distance,
    "TripletMarginLoss": triplet,
    "TripletMarginWithDistanceLoss": triplet,
    "CosineEmbeddingLoss": cosine_embedding,
}
CHECKS: dict[str, Check] = dict.fromkeys(("TripletMarginLoss", "TripletMarginWithDistanceLoss"), check_margin)
