"""Losses that compare scores of classes with class indices (or, for some, with a score for each class).

Scores are [N, C, ...] or [C]; class indices are the same without C.
"""

from __future__ import annotations

import itertools

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, dim
from netspec.shapes.promotion import is_integral, result_dtype
from netspec.shapes.rules.modules.demands import (
    FLOATS,
    INTEGERS,
    match_shape,
    match_shapes,
    match_size,
    ranked,
    typed,
    weighted,
)
from netspec.shapes.rules.modules.reduction import reduced
from netspec.shapes.rules.modules.settings import Check, number, probability
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, TupleOf, Value

_CLASSES = frozenset(("int64", "uint8"))


def nll(call: Call) -> Tensor:
    """Log-probabilities [N, C, ...] and class indices [N, ...]."""
    scores, shape = ranked(call, "input", (1,), "[N, C, ...]", "[C]", at_least=True)
    typed(call, scores, FLOATS, argument="input")
    if shape is None:
        return reduced(call, None, scores.dtype)
    return reduced(call, _indexed(call, shape), scores.dtype)


def cross_entropy(call: Call) -> Tensor:
    """As `nll`; a target of the scores' own shape holds a probability for each class."""
    scores, shape = ranked(call, "input", (1,), "[N, C, ...]", "[C]", at_least=True)
    typed(call, scores, FLOATS, argument="input")
    target = call.tensor("target")
    if shape is None or target.shape is None:
        return reduced(call, None, scores.dtype)
    if len(shape) != len(target.shape) or not all(map(equal, shape, target.shape)):
        return reduced(call, _indexed(call, shape), scores.dtype)
    typed(call, target, FLOATS, argument="target")
    if number(call, "ignore_index") >= 0:
        call.fail(
            "NS408",
            f"`{call.name}` has an ignore_index, but its target holds probabilities",
            argument="ignore_index",
            help="leave ignore_index out, or give class indices",
        )
    return reduced(call, _without_classes(shape), result_dtype([scores, target]))


def linear_cross_entropy(call: Call) -> Tensor:
    """[N, in_features] (or [in_features]) and classes [N, *out_features], or a probability for each."""
    extra = tuple(map(dim, call.settings["out_features"]))
    ranks = (2,) if extra else (1, 2)
    tensor, shape = ranked(call, "input", ranks, "[N, in_features]", *(() if extra else ("[in_features]",)))
    dtype = weighted(call, tensor)
    if shape is None:
        return reduced(call, None, dtype)
    expected = call.solve("in_features", shape[-1])
    match_size(call, shape[-1], expected, "features", argument="in_features", auto=True)
    scores = Tensor((*shape[:-1], call.size("num_classes"), *extra), dtype)
    ignored = call.settings["ignore_index"]
    settings = {**call.settings, "ignore_index": -100 if ignored is None else ignored}
    inputs = {"input": scores, "target": call.inputs["target"]}
    return cross_entropy(Call(call.op, call.name, settings, inputs, call.training))


def _indexed(call: Call, scores: Shape) -> Shape:
    """The shape of a loss for each class index."""
    target, result = call.tensor("target"), _without_classes(scores)
    typed(call, target, _CLASSES if len(scores) < 3 else frozenset(("int64",)), argument="target")
    if len(scores) == 1 and target.shape is not None and len(target.shape) == 1:
        match_shape(call, "target", target, (1,))
    else:
        match_shape(call, "target", target, result)
    return result


def _without_classes(shape: Shape) -> Shape:
    return () if len(shape) == 1 else (shape[0], *shape[2:])


def multi_margin(call: Call) -> Tensor:
    """Scores [N, C] and class indices [N]; or [C] and []."""
    scores, shape = ranked(call, "input", (1, 2), "[N, C]", "[C]")
    typed(call, scores, FLOATS, argument="input")
    target = call.tensor("target")
    typed(call, target, frozenset(("int64",)), argument="target")
    if shape is None or target.shape is None:
        return reduced(call, None, scores.dtype)
    alone = len(shape) == 1
    wanted: tuple[Dim | int, ...] = ((1,) if target.shape else ()) if alone else (shape[0],)
    match_shape(call, "target", target, wanted)
    return reduced(call, target.shape, scores.dtype)


def multi_label(call: Call) -> Tensor:
    """Scores [N, C] and targets [N, C] that list class indices; or [C] and [C]."""
    scores, shape = ranked(call, "input", (1, 2), "[N, C]", "[C]")
    typed(call, scores, FLOATS, argument="input")
    target = call.tensor("target")
    typed(call, target, frozenset(("int64",)), argument="target")
    match_shapes(call, scores, target, ("input", "target"))
    return reduced(call, None if shape is None else shape[:-1], scores.dtype)


def multi_label_soft(call: Call) -> Tensor:
    """Scores [..., C] and targets of 0 or 1 for each class; the mean over classes for each row."""
    scores, _ = ranked(call, "input", (1,), "[..., C]", at_least=True)
    typed(call, scores, FLOATS, argument="input")
    target = call.tensor("target")
    shape = broadcast_inputs(call, scores, target, argument="target")
    return reduced(call, None if shape is None else shape[:-1], result_dtype([scores, target]))


def ctc(call: Call) -> Tensor:
    """Log-probabilities [T, N, C], targets [N, S] or [all], lengths [N]; or without N."""
    scores, shape = ranked(call, "log_probs", (2, 3), "[T, N, C]", "[T, C]")
    typed(call, scores, frozenset(("float32", "float64")), argument="log_probs")
    if shape is None:
        return reduced(call, None, scores.dtype)
    batch = shape[1:-1]
    _labels(call, shape[-1])
    targets, given = ranked(call, "targets", (1, 2) if batch else (1,), *(("[N, S]",) if batch else ("[S]",)))
    typed(call, targets, FLOATS | INTEGERS, argument="targets")
    if given is not None and len(given) == 2:
        match_shape(call, "targets", targets, (batch[0], given[1]))
    for argument in ("input_lengths", "target_lengths"):
        _lengths(call, argument, batch)
    return reduced(call, batch, scores.dtype)


def _labels(call: Call, classes: Dim) -> None:
    blank = number(call, "blank")
    if blank < 0 or (classes - blank).bounds[1] <= 0:
        call.fail(
            "NS408",
            f"`{call.name}` has blank = {blank} but receives {classes} classes",
            argument="blank",
            help="name one of the classes",
        )


def _lengths(call: Call, argument: str, batch: Shape) -> None:
    lengths = call.inputs.get(argument)
    if not isinstance(lengths, Tensor):
        return
    typed(call, lengths, INTEGERS, argument=argument)
    if batch:
        match_shape(call, argument, lengths, batch)


def adaptive(call: Call) -> Value:
    """[N, in_features] and class indices [N] -> (output [N], loss []); or without N."""
    tensor, shape = ranked(call, "input_", (1, 2), "[N, in_features]", "[in_features]")
    dtype = weighted(call, tensor)
    target = call.tensor("target_")
    if not is_integral(target.dtype) and target.dtype is not None:
        typed(call, target, frozenset(("int64", "int32")), argument="target_")
    names = ("output", "loss")
    if shape is None:
        return TupleOf((Tensor(None, dtype), Tensor((), dtype)), names)
    expected = call.solve("in_features", shape[-1])
    match_size(call, shape[-1], expected, "features", argument="in_features", auto=True)
    match_shape(call, "target_", target, shape[:-1])
    return TupleOf((Tensor(shape[:-1], dtype), Tensor((), dtype)), names)


def check_smoothing(call: Call) -> None:
    probability(call, "label_smoothing")


def check_power(call: Call) -> None:
    if call.settings["p"] not in (1, 2):
        call.fail(
            "NS205", f"`{call.name}` knows the powers 1 and 2 only", argument="p", help="set p to 1 or 2"
        )


def check_cutoffs(call: Call) -> None:
    """Cutoffs rise, from at least 1 to at most n_classes - 1."""
    cutoffs, classes = call.settings["cutoffs"], call.settings["n_classes"]
    limits = (0, *cutoffs, classes)
    if not cutoffs or any(low >= high for low, high in itertools.pairwise(limits)):
        call.fail(
            "NS408",
            f"`{call.name}` needs cutoffs that rise from 1 to {classes - 1} at most",
            argument="cutoffs",
            help="list the first class of each later cluster, in order",
        )


RULES: dict[str, Rule] = {
    "NLLLoss": nll,
    "CrossEntropyLoss": cross_entropy,
    "LinearCrossEntropyLoss": linear_cross_entropy,
    "MultiMarginLoss": multi_margin,
    "MultiLabelMarginLoss": multi_label,
    "MultiLabelSoftMarginLoss": multi_label_soft,
    "CTCLoss": ctc,
    "AdaptiveLogSoftmaxWithLoss": adaptive,
}
CHECKS: dict[str, Check] = {
    "CrossEntropyLoss": check_smoothing,
    "LinearCrossEntropyLoss": check_smoothing,
    "MultiMarginLoss": check_power,
    "AdaptiveLogSoftmaxWithLoss": check_cutoffs,
}
