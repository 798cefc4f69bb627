"""Floating-point operations of one call: `flops(op, settings, inputs, result)`.

Counts what `torch.utils.flop_counter` counts: matrix products, convolutions and attention, two for
each multiply-add; biases, activations, normalisation and pooling count nothing. Symbolic in the
dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.catalog.registered import is_registered
from netspec.shapes.call import Call
from netspec.shapes.counting import Inputs, Uncounted, known, shape_of
from netspec.shapes.dims import ZERO, Dim, dim, product
from netspec.shapes.flops_sequences import SEQUENCE_COUNTS
from netspec.shapes.parts import PARTS
from netspec.shapes.rules.modules.composition import chain, in_call_order
from netspec.shapes.values import UNKNOWN, Tensor, Value
from netspec.shapes.weights import tensors


def flops(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim | None:
    """The count; None where it, or a shape that it needs, is not known."""
    if op in _UNCOUNTED or is_registered(op):
        return None
    if op not in _COUNTS:
        return ZERO
    try:
        return _COUNTS[op](op, settings, inputs, result)
    except Uncounted:
        return None


def _weight(op: str, settings: Mapping[str, Any], name: str = "weight") -> tuple[Dim, ...]:
    return known(next(each.shape for each in tensors(op, settings) if each.name == name))


def _convolution(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each output element takes in_channels / groups * kernel multiply-adds."""
    return 2 * product(shape_of(result)) * product(_weight(op, settings)[1:])


def _functional_convolution(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(shape_of(result)) * product(shape_of(inputs["weight"])[1:])


def _transposed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each input element feeds out_channels / groups * kernel multiply-adds."""
    return 2 * product(shape_of(inputs["input"])) * product(_weight(op, settings)[1:])


def _functional_transposed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(shape_of(inputs["input"])) * product(shape_of(inputs["weight"])[1:])


def _linear(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    return 2 * product(shape_of(result)) * dim(settings["in_features"])


def _product(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Each element of a matrix product sums over the last dimension of the first factor."""
    first = next(inputs[name] for name in ("batch1", "mat1", "input") if isinstance(inputs.get(name), Tensor))
    return 2 * product(shape_of(result)) * shape_of(first)[-1]


def _attention(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """Query times key, and the weights times value."""
    query, key, value = (shape_of(inputs[name]) for name in ("query", "key", "value"))
    scores = product(query[:-1]) * key[-2]
    return 2 * scores * query[-1] + 2 * scores * value[-1]


def _composed(op: str, settings: Mapping[str, Any], inputs: Inputs, result: Value) -> Dim:
    """The sum over the parts that forward calls, each with what the one before gives it."""
    total, parts = ZERO, in_call_order(op, PARTS[op](settings))
    for part, given, answer in chain(Call(op, op, settings, inputs), parts, inputs["input"]):
        if answer is UNKNOWN:
            raise Uncounted
        count = flops(part.op, part.settings, given, answer)
        if count is None:
            raise Uncounted
        total += count
    return total


_Count = Callable[[str, Mapping[str, Any], Inputs, Value], Dim]
# These multiply matrices inside, and no formula here says how many.
_UNCOUNTED = frozenset(("Bilinear", "bilinear", "deform_conv2d", "DeformConv2d"))
_COUNTS: dict[str, _Count] = {
    **{f"Conv{n}d": _convolution for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed for n in (1, 2, 3)},
    **{f"conv{n}d": _functional_convolution for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _functional_transposed for n in (1, 2, 3)},
    "Linear": _linear,
    **dict.fromkeys(("linear", "matmul", "mm", "bmm", "addmm", "baddbmm", "mv"), _product),
    "scaled_dot_product_attention": _attention,
    **SEQUENCE_COUNTS,
    **dict.fromkeys(("Conv2dNormActivation", "Conv3dNormActivation", "MLP", "SqueezeExcitation"), _composed),
}
