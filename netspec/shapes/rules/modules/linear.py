"""Linear layers: the last dimension is replaced, whatever comes before it stays."""

from __future__ import annotations

from netspec.shapes.call import AUTO, Call, Rule
from netspec.shapes.rules.modules.demands import match_size, ranked, weighted
from netspec.shapes.rules.modules.settings import Check, at_least
from netspec.shapes.trying import equal
from netspec.shapes.values import Tensor, Value, shape_text


def linear(call: Call) -> Tensor:
    """[..., in_features] -> [..., out_features]."""
    tensor, shape = ranked(call, "input", (1,), "[..., in_features]", at_least=True)
    dtype = weighted(call, tensor)
    if shape is None:
        return Tensor(None, dtype)
    expected = call.solve("in_features", shape[-1])
    match_size(call, shape[-1], expected, "features", argument="in_features", auto=True)
    return Tensor((*shape[:-1], call.size("out_features")), dtype)


def lazy_linear(call: Call) -> Tensor:
    """As `linear`, with the features of the first input it sees."""
    return linear(
        Call(call.op, call.name, {**call.settings, "in_features": AUTO}, call.inputs, call.training)
    )


def bilinear(call: Call) -> Tensor:
    """[..., in1_features] and [..., in2_features] -> [..., out_features]."""
    shapes = []
    for index in (1, 2):
        tensor, shape = ranked(call, f"input{index}", (1,), f"[..., in{index}_features]", at_least=True)
        dtype = weighted(call, tensor, argument=f"input{index}")
        if shape is not None:
            features = f"in{index}_features"
            expected = call.solve(features, shape[-1])
            match_size(call, shape[-1], expected, "features", argument=features, auto=True)
        shapes.append(shape)
    first, second = shapes
    if first is None or second is None:
        return Tensor(None, dtype)
    if len(first) != len(second) or not all(map(equal, first[:-1], second[:-1])):
        call.fail(
            "NS403",
            f"`{call.name}` takes inputs that differ in their last size only but receives "
            f"{shape_text(first)} and {shape_text(second)}",
            argument="input2",
            help="give both inputs the same leading sizes",
        )
    return Tensor((*first[:-1], call.size("out_features")), dtype)


def identity(call: Call) -> Value:
    """Any value, unchanged."""
    value: Value = call.inputs["input"]
    return value


def check_sizes(call: Call) -> None:
    """Constructor arguments: feature counts are positive."""
    at_least(call, 1, "in1_features")
    at_least(call, 0, "in_features", "in2_features", "out_features")


RULES: dict[str, Rule] = {
    "Linear": linear,
    "LazyLinear": lazy_linear,
    "Bilinear": bilinear,
    "Identity": identity,
}
CHECKS: dict[str, Check] = {
    "Linear": check_sizes,
    "LazyLinear": check_sizes,
    "Bilinear": check_sizes,
}
