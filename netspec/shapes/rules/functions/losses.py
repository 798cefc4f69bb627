"""Loss functions: the loss module's rule answers; weights, which a module would own, are checked here.

>>> from netspec.shapes.dims import const, symbol
>>> n = symbol("N")
>>> inputs = {"input": Tensor((n, const(10))), "target": Tensor((n,), "int64"), "reduction": "none"}
>>> str(RULES["nll_loss"](Call("nll_loss", "nll_loss", inputs=inputs)))
'float32 [N]'
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netspec.shapes.agreement import same_shape
from netspec.shapes.broadcast import Clash, broadcast, broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE
from netspec.shapes.promotion import is_integral, to_floating
from netspec.shapes.rules.functions.arguments import rank_of, same_dtype
from netspec.shapes.rules.functions.checking import must_equal, must_match
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.values import Tensor, Value, shape_text

_ELEMENTWISE = """
    mse_loss:MSELoss l1_loss:L1Loss smooth_l1_loss:SmoothL1Loss huber_loss:HuberLoss
    binary_cross_entropy:BCELoss binary_cross_entropy_with_logits:BCEWithLogitsLoss
    multilabel_soft_margin_loss:MultiLabelSoftMarginLoss kl_div:KLDivLoss
    soft_margin_loss:SoftMarginLoss hinge_embedding_loss:HingeEmbeddingLoss
    poisson_nll_loss:PoissonNLLLoss gaussian_nll_loss:GaussianNLLLoss
    margin_ranking_loss:MarginRankingLoss cosine_embedding_loss:CosineEmbeddingLoss
    triplet_margin_loss:TripletMarginLoss
    triplet_margin_with_distance_loss:TripletMarginWithDistanceLoss
    multilabel_margin_loss:MultiLabelMarginLoss ctc_loss:CTCLoss
"""
_OVER_CLASSES = "cross_entropy:CrossEntropyLoss nll_loss:NLLLoss multi_margin_loss:MultiMarginLoss"
_CONVERTING = ("poisson_nll_loss", "cosine_embedding_loss")
_SCALARS = ("multi_margin_loss", "multilabel_margin_loss")
_REDUCTIONS = ("none", "mean", "sum")


def loss(call: Call, op: str, check: Callable[[Call, Tensor], None]) -> Value:
    """The answer of the loss module `op`, after its weight has passed `check`."""
    known = (*_REDUCTIONS, "batchmean") if call.op == "kl_div" else _REDUCTIONS
    mode = call.inputs.get("reduction", "mean")
    if mode not in known:
        call.fail(
            "NS408",
            f"`{call.name}` has the reduction {mode!r}",
            argument="reduction",
            help=f"use one of {', '.join(known)}",
        )
    weight = call.optional("weight")
    if weight is not None:
        check(call, weight)
    positive = call.optional("pos_weight")
    if positive is not None:
        broadcast_inputs(call, call.tensor("target"), positive, argument="pos_weight")
    defaults = {"reduction": mode, "ignore_index": -100, "label_smoothing": 0.0, "margin": 1.0, "p": 1}
    given = {name: value for name, value in defaults.items() if name not in call.inputs}
    if call.op == "soft_margin_loss":
        _keeps_shape(call)
    if call.op == "ctc_loss":
        _check_lengths(call)
    inputs = _adapted(call)
    if call.op == "poisson_nll_loss":
        inputs["log_input"] = inputs["input"]
    return delegate(call, op, settings=given, inputs=inputs, blame={"log_input": "input"})


def _keeps_shape(call: Call) -> None:
    """The target broadcasts to the input, and no further."""
    tensor, target = call.tensor("input"), call.tensor("target")
    made = broadcast_inputs(call, tensor, target, argument="target")
    must_match(
        call,
        made,
        tensor.shape,
        f"`{call.name}` has a target {shape_text(target.shape)} for {shape_text(tensor.shape)}",
        argument="target",
    )


def _check_lengths(call: Call) -> None:
    """Lengths in a list: one for each item of the batch."""
    shape = call.tensor("log_probs").shape
    for name in ("input_lengths", "target_lengths"):
        lengths = call.inputs.get(name)
        if shape is not None and len(shape) == 3 and isinstance(lengths, tuple):
            must_equal(
                call,
                len(lengths),
                shape[1],
                f"`{call.name}` has {len(lengths)} {name} for {shape[1]} items",
                argument=name,
            )


def _adapted(call: Call) -> dict[str, Tensor]:
    """The tensors as the module's rule takes them: some functions convert integers, or take scalars."""
    found = {name: value for name, value in call.inputs.items() if isinstance(value, Tensor)}
    if call.op in _CONVERTING or (
        call.op == "margin_ranking_loss" and isinstance(call.inputs["margin"], float)
    ):
        found = {name: Tensor(one.shape, to_floating(one.dtype)) for name, one in found.items()}
    if call.op in _SCALARS and call.tensor("input").shape == ():
        widened = ("input", "target") if call.op == "multilabel_margin_loss" else ("input",)
        found.update({name: Tensor((ONE,), found[name].dtype) for name in widened})
    return found


def _each_element(call: Call, weight: Tensor) -> None:
    """A weight that broadcasts to the input's shape."""
    tensor = call.tensor("input")
    if call.op == "multilabel_soft_margin_loss":
        broadcast_inputs(call, tensor, weight, argument="weight")
        return
    try:
        fits = (
            tensor.shape is None
            or weight.shape is None
            or same_shape(broadcast(weight.shape, tensor.shape), tensor.shape)
        )
    except Clash:
        fits = False
    if not fits:
        call.fail(
            "NS403",
            f"`{call.name}` weighs {shape_text(tensor.shape)}, to which {shape_text(weight.shape)} "
            "does not broadcast",
            argument="weight",
        )


def _each_class(call: Call, weight: Tensor) -> None:
    """A weight for each class, of the input's dtype."""
    tensor = call.tensor("input")
    if is_integral(call.tensor("target").dtype):
        same_dtype(call, tensor, weight)
    sizes = rank_of(call, weight, 1, argument="weight")
    if sizes is not None and tensor.shape:
        classes = tensor.shape[0] if len(tensor.shape) == 1 else tensor.shape[1]
        must_equal(
            call,
            sizes[0],
            classes,
            f"`{call.name}` has {sizes[0]} weights for {classes} classes",
            argument="weight",
        )


def _rules(pairs: str, check: Callable[[Call, Tensor], None]) -> dict[str, Rule]:
    named = (pair.split(":") for pair in pairs.split())
    return {name: partial(loss, op=op, check=check) for name, op in named}


RULES: dict[str, Rule] = {**_rules(_ELEMENTWISE, _each_element), **_rules(_OVER_CLASSES, _each_class)}
